// Architectures of keras.applications against Keras: built from their configs, weights by a formula, outputs
// of the model and of every layer. The folder that the environment variable SEPAL_ARCHITECTURES names may
// hold more of them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "sepal/data/gzip_file.h"
#include "sepal/data/npy.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/load_model.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

const std::filesystem::path kFolder = SEPAL_SOURCE_DIR "/tests/golden/apps";

// A case and the config of one writer.
struct Architecture {
  std::filesystem::path folder;
  std::string config;
  std::string name() const {
    return folder.filename().string() + (config == "config.json.gz" ? "Keras3" : "Keras2");
  }
};

void add_architectures(const std::filesystem::path& folder, std::vector<Architecture>& found) {
  std::vector<std::filesystem::path> cases;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  for (const auto& path : cases) {
    for (const char* config : {"config.json.gz", "config_k215.json.gz"}) {
      if (std::filesystem::exists(path / config)) found.push_back({path, config});
    }
  }
}

std::vector<Architecture> architectures() {
  std::vector<Architecture> found;
  add_architectures(kFolder, found);
  if (const char* more = std::getenv("SEPAL_ARCHITECTURES")) add_architectures(more, found);
  return found;
}

std::string unpacked(const std::filesystem::path& path) {
  GzipFile file(path.string());
  std::string text;
  std::vector<std::byte> part(1 << 16);
  for (std::size_t n = file.read(part); n > 0; n = file.read(part))
    text.append(reinterpret_cast<const char*>(part.data()), n);
  return text;
}

// The lines without what stands behind the 80th character, where the recorded summaries are cut off, and
// without spaces at their ends and empty lines at the end of all.
std::vector<std::string> cut_lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    std::size_t end = 0;
    // Bytes 10xxxxxx continue a character of UTF-8.
    for (int characters = 0; end < line.size(); ++end) {
      if ((static_cast<unsigned char>(line[end]) & 0xC0U) != 0x80U && characters++ == 80) break;
    }
    line.resize(end);
    lines.push_back(line.substr(0, line.find_last_not_of(' ') + 1));
  }
  while (!lines.empty() && lines.back().empty()) lines.pop_back();
  return lines;
}

// The numbers of the golden data's README: element i of tensor number k.
Tensor formula(std::uint32_t k, const Shape& shape, double offset, double scale) {
  Tensor tensor(shape, DType::float32);
  float* values = tensor.mutable_data<float>();
  for (std::int64_t i = 0; i < tensor.num_elements(); ++i) {
    std::uint32_t h = (static_cast<std::uint32_t>(i) + 1) * 2654435761U + (k + 1) * 2246822519U;
    h ^= h >> 16;
    h *= 0x85EBCA6BU;
    h ^= h >> 13;
    h *= 0xC2B2AE35U;
    h ^= h >> 16;
    const double u = static_cast<double>(h >> 8) * 0x1p-24 - 0.5;
    values[i] = static_cast<float>(offset + u * scale);
  }
  return tensor;
}

TEST(Formula, GivesTheNumbersOfTheReadme) {
  testing::expect_values(formula(0, {3}, 0, 1), {3},
                         {0.05008190870285034, -0.3672722578048706, -0.4925329089164734});
  testing::expect_values(formula(1, {3}, 0, 1), {3},
                         {0.3341224193572998, -0.08325821161270142, -0.2222684621810913});
}

Shape shape_from(const Json& dims) { return Shape(dims.get<std::vector<std::int64_t>>()); }

// "a/b": the layer b of the model a.
Ref<Layer> layer_at(const ModelBase& model, const std::string& path) {
  const std::size_t slash = path.find('/');
  const Ref<Layer> layer = model.get_layer(path.substr(0, slash));
  if (slash == std::string::npos) return layer;
  return layer_at(dynamic_cast<const ModelBase&>(*layer.shared()), path.substr(slash + 1));
}

// Layer by layer and training: one writer is enough.
std::vector<Architecture> architectures_of_keras3() {
  std::vector<Architecture> found = architectures();
  std::erase_if(found, [](const Architecture& a) { return a.config != "config.json.gz"; });
  return found;
}

class GoldenArchitecture : public ::testing::TestWithParam<Architecture> {
 protected:
  std::filesystem::path file(const char* name) const { return GetParam().folder / name; }
  Json json(const char* name) const { return Json::parse(unpacked(file(name))); }

  // With the weights of the case.
  Model model() const {
    Model model = model_from_json(unpacked(GetParam().folder / GetParam().config));
    for (const Json& row : json("weights.json.gz")) {
      const Ref<Layer> layer = layer_at(*model.shared(), row["layer"].get<std::string>());
      Variable variable = layer->own_weights().at(row["var"].get<std::size_t>());
      variable.assign(formula(row["k"], shape_from(row["shape"]), row["offset"], row["scale"]));
    }
    return model;
  }

  Tensor input() const {
    const Json description = json("case.json")["input"];
    return formula(description["k"], shape_from(description["shape"]), description["offset"],
                   description["scale"]);
  }

  static double largest(const Tensor& x) {
    double most = 0.0;
    for (std::int64_t i = 0; i < x.num_elements(); ++i) most = std::max(most, std::abs(x.at(i)));
    return most;
  }

  // Mean, deviation, first values and last value of a layer's output, within the error that float32 brings to
  // a deep network.
  static bool agrees(const Tensor& got, const Json& row) {
    if (got.shape() != shape_from(row[2])) return false;
    double sum = 0.0;
    double squares = 0.0;
    const auto count = static_cast<double>(got.num_elements());
    for (std::int64_t i = 0; i < got.num_elements(); ++i) sum += got.at(i);
    const double mean = sum / count;
    for (std::int64_t i = 0; i < got.num_elements(); ++i) squares += std::pow(got.at(i) - mean, 2);
    const double tolerance = 1e-4 * (std::abs(row[3].get<double>()) + row[4].get<double>()) + 1e-7;
    const auto near = [&](double value, const Json& want) {
      return std::abs(value - want.get<double>()) <= tolerance + 1e-4 * std::abs(want.get<double>());
    };
    bool good = near(mean, row[3]) && near(std::sqrt(squares / count), row[4]);
    for (std::size_t i = 0; i < row[5].size(); ++i)
      good = good && near(got.at(static_cast<std::int64_t>(i)), row[5][i]);
    return good && near(got.at(got.num_elements() - 1), row[6]);
  }
};

TEST_P(GoldenArchitecture, PredictsWhatKerasPredicts) {
  const Model model = this->model();
  const Json params = json("case.json")["params"];
  EXPECT_EQ(model->count_params(), params["total"].get<std::int64_t>());
  const Tensor got = model->predict(input());
  const Tensor want = read_npy(file("output_0.npy").string());
  testing::expect_close(got, want, 0.0, 1e-5 * largest(want));
  if (GetParam().config == "config.json.gz") {
    EXPECT_EQ(cut_lines(model->summary({.line_length = 110})), cut_lines(unpacked(file("summary.txt.gz"))));
  }
}

class GoldenLayers : public GoldenArchitecture {};

TEST_P(GoldenLayers, ComputeWhatKerasComputes) {
  const Model model = this->model();
  KerasTensors outputs;
  std::vector<std::string> names;
  for (const Ref<Layer>& layer : model->layers()) {
    // Keras does not count operations among the layers.
    if (!layer->keras_module().empty()) continue;
    names.push_back(layer->name());
    outputs.push_back(layer->output());
  }
  const Tensors got = Model(model->inputs(), outputs)->predict_all(input());
  std::map<std::string, Json> want;
  for (const Json& row : json("layers.json.gz")) want[row[0].get<std::string>()] = row;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto row = want.find(names[i]);
    ASSERT_NE(row, want.end()) << names[i];
    ASSERT_TRUE(agrees(got[i], row->second)) << "first differing layer: " << names[i];
  }
  EXPECT_EQ(names.size(), want.size());
}

TEST_P(GoldenLayers, TrainAStepAndComeBackFromAFile) {
  const Model model = this->model();
  model->compile({.optimizer = "sgd", .loss = "categorical_crossentropy"});
  const Tensor x = input();
  Tensor y = Tensor::zeros(read_npy(file("output_0.npy").string()).shape());
  for (std::int64_t i = 0; i < y.shape()[0]; ++i) y.mutable_data<float>()[i * y.shape()[1] + i] = 1.0F;
  const Tensors before = model->get_weights();
  const Logs logs = model->train_on_batch(x, y);
  EXPECT_TRUE(std::isfinite(*logs.find("loss")));
  const Tensors after = model->get_weights();
  EXPECT_FALSE(std::equal(before.begin(), before.end(), after.begin(), [](const Tensor& a, const Tensor& b) {
    return std::memcmp(a.raw(), b.raw(), a.nbytes()) == 0;
  }));
  const testing::TemporaryFolder folder;
  const std::string path = folder / "model.keras";
  model->save(path);
  const Model again = load_model(path);
  testing::expect_same_weights(model, again);
  EXPECT_EQ(again->get_config(), model->get_config());
  testing::expect_same_bits(again->predict(x), model->predict(x));
}

std::string case_name(const ::testing::TestParamInfo<Architecture>& info) { return info.param.name(); }

INSTANTIATE_TEST_SUITE_P(Applications, GoldenArchitecture, ::testing::ValuesIn(architectures()), case_name);
INSTANTIATE_TEST_SUITE_P(Applications, GoldenLayers, ::testing::ValuesIn(architectures_of_keras3()),
                         case_name);

}  // namespace
}  // namespace sepal
