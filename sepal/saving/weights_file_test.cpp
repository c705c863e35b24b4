// Files of weights alone: where each weight is found, and what does not fit.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/load_model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/small_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using testing::clear_weights;
using ::testing::ElementsAre;
using testing::expect_golden_outputs;
using testing::expect_same_weights;
using ::testing::HasSubstr;
using testing::kGolden;
using testing::kX;
using testing::kY;
using testing::small_model;

TEST(LoadModel, RefusesAnOptimizerStateOfAnotherShape) {
  const testing::TemporaryFolder temporary;
  const Model model = small_model("sgd");
  model->compile({.optimizer = optimizers::SGD({.momentum = 0.5}), .loss = "mse"});
  model->train_on_batch(kX, kY);
  model->save_weights(temporary / "whole.weights.h5");
  const H5File whole(read_file(temporary / "whole.weights.h5", 1 << 20), "m");
  H5Writer writer;
  for (const auto& [path, dataset] : whole.datasets()) {
    const Tensor value = whole.read(path);
    writer.dataset(path, path == "optimizer/vars/3" ? value.reshaped({value.num_elements(), 1}) : value);
  }
  write_file(temporary / "m.weights.h5", writer.finish());
  const Tensors before = model->get_weights();
  const std::string text =
      testing::error_text<ValueError>([&] { model->load_weights(temporary / "m.weights.h5"); });
  EXPECT_THAT(text, AllOf(HasSubstr("of optimizer 'sgd' (dataset 'optimizer/vars/3') expected shape"),
                          HasSubstr("Received: shape")));
  std::vector<std::string> notes;
  model->load_weights(temporary / "m.weights.h5", {.skip_mismatch = true, .notes = &notes});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("It is left out")));
}

class WeightsOfAnotherWriter : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(WeightsOfAnotherWriter, AreFoundAtTheirPlaces) {
  const auto& [structure, writer] = GetParam();
  const std::string folder = kGolden + "models/" + structure + "__k315";
  const Model model = load_model(folder + "/model.keras", {.compile = false});
  clear_weights(model);
  model->load_weights(folder + "/" + writer + ".weights.h5");
  expect_golden_outputs(model, folder);
}

INSTANTIATE_TEST_SUITE_P(Files, WeightsOfAnotherWriter,
                         ::testing::Combine(::testing::Values("nested", "shared"),
                                            ::testing::Values("k212", "k215", "k303", "k315")),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param)) + "_" + std::get<1>(info.param);
                         });

// Keras 3.6 and later say in each group whose variables it holds.
TEST(LoadWeights, FindsLayersByTheNamesInTheFileWhereTheirPlacesDiffer) {
  const testing::TemporaryFolder temporary;
  const Sequential model({Input({.shape = {3}}), layers::Dense({.units = 2, .name = "a"}),
                          layers::Dense({.units = 4, .name = "b"})});
  H5Writer writer;
  for (const char* name : {"b", "a"}) {
    const std::string group = std::string("layers/some_") + name + "/vars";
    writer.group(group);
    writer.string_attribute(group, "name", name);
    const Tensors weights = model->get_layer(name)->get_weights();
    for (std::size_t i = 0; i < weights.size(); ++i) {
      writer.dataset(group + "/" + std::to_string(i), testing::ramp(weights[i].shape(), DType::float32));
    }
  }
  write_file(temporary / "m.weights.h5", writer.finish());
  model->load_weights(temporary / "m.weights.h5");
  testing::expect_same_bits(model->get_layer("b")->get_weights()[0], testing::ramp({2, 4}, DType::float32));
}

TEST(LoadWeights, ReadsTheWeightsOfAnArchive) {
  const std::string folder = kGolden + "models/shared__k315";
  const Model model = load_model(folder + "/model.keras");
  const Model other = load_model(folder + "/model.keras");
  Tensors ones;
  for (const Tensor& weight : other->get_weights()) ones.push_back(Tensor::ones(weight.shape()));
  other->set_weights(ones);
  other->load_weights(folder + "/model.keras");
  expect_same_weights(model, other);
}

TEST(LoadWeights, RefusesALegacyListThatNamesALayerTwice) {
  const testing::TemporaryFolder temporary;
  H5Writer writer;
  writer.string_list_attribute("", "layer_names", {"a", "a"});
  writer.group("a");
  writer.string_list_attribute("a", "weight_names", {});
  write_file(temporary / "w.h5", writer.finish());
  EXPECT_THAT(testing::error_text<ValueError>([&] { small_model()->load_weights(temporary / "w.h5"); }),
              HasSubstr("the layer 'a' is listed twice"));
}

// A weights file of `small_model` with something done to it.
template <class Change>
std::string weights_error(const Change& change) {
  const testing::TemporaryFolder temporary;
  const Model model = small_model();
  model->save_weights(temporary / "m.weights.h5");
  const H5File file(read_file(temporary / "m.weights.h5", 1 << 20), "m");
  H5Writer writer;
  for (const auto& [path, group] : file.groups()) {
    if (!path.ends_with("vars")) continue;
    writer.group(path);
    for (const std::string& name : group.datasets) {
      const Tensor changed = change(path + "/" + name, file.read(path + "/" + name));
      if (changed.defined()) writer.dataset(path + "/" + name, changed);
    }
  }
  write_file(temporary / "m.weights.h5", writer.finish());
  const Tensors before = model->get_weights();
  const std::string text =
      testing::error_text<ValueError>([&] { model->load_weights(temporary / "m.weights.h5"); });
  const Tensors after = model->get_weights();
  for (std::size_t i = 0; i < before.size(); ++i) testing::expect_same_bits(after[i], before[i]);
  return text;
}

TEST(LoadWeights, NamesWhatIsMissingWrongOrTooMuchAndChangesNothing) {
  const std::string last = "layers/sequential/layers/dense_1/vars/1";
  EXPECT_THAT(
      weights_error(
          [&](const std::string& path, const Tensor& value) { return path == last ? Tensor() : value; }),
      AllOf(HasSubstr("m.weights.h5"), HasSubstr("expected 2 variables in group "
                                                 "'layers/sequential/layers/dense_1/vars'. Received: 1")));
  EXPECT_THAT(weights_error([&](const std::string& path, const Tensor& value) {
                return path == last ? value.reshaped({1, 2}) : value;
              }),
              AllOf(HasSubstr("variable 'bias' of layer 'dense"),
                    HasSubstr("expected shape (2,). Received: shape (1, 2)")));
  const testing::TemporaryFolder temporary;
  small_model()->save_weights(temporary / "m.weights.h5");
  const Sequential other({Input({.shape = {2}}), layers::Activation({.activation = "relu"})});
  EXPECT_THAT(testing::error_text<ValueError>([&] { other->load_weights(temporary / "m.weights.h5"); }),
              HasSubstr("belongs to no layer of the model"));
}

}  // namespace
}  // namespace sepal
