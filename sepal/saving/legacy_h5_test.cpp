// Files of Keras 2, tf.keras and TensorFlow 1, and the legacy `.h5` files that are written here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/load_model.h"
#include "sepal/saving/save_model.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using testing::clear_weights;
using ::testing::ElementsAre;
using testing::expect_golden_outputs;
using testing::expect_same_weights;
using testing::expect_training_goes_on;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kGolden;
using testing::write_quickly;

struct OldFile {
  const char* folder;
  const char* file;
};

class FileOfAnOlderKeras : public ::testing::TestWithParam<OldFile> {
 protected:
  std::string folder() const { return kGolden + "models/" + GetParam().folder; }
  std::string path() const { return folder() + "/" + GetParam().file; }
};

// Keras 3.0 trained layers that its config calls frozen, so the optimizer's state in its files does not fit.
Model load_quietly(const std::string& path) {
  std::vector<std::string> notes;
  return load_model(path, {.notes = &notes});
}

TEST_P(FileOfAnOlderKeras, PredictsAsItsWriterDid) { expect_golden_outputs(load_quietly(path()), folder()); }

TEST_P(FileOfAnOlderKeras, IsTheSameInEveryFormatWrittenHere) {
  const testing::TemporaryFolder temporary;
  const Model model = load_quietly(path());
  for (const char* name : {"m.keras", "m.h5"}) {
    model->save(temporary / name);
    const Model again = load_model(temporary / name);
    expect_same_weights(again, model);
    EXPECT_EQ(again->to_envelope(), model->to_envelope());
  }
  const Model other = model_from_json(model->to_json());
  for (const char* name : {"w.weights.h5", "w.h5"}) {
    clear_weights(other);
    model->save_weights(temporary / name);
    other->load_weights(temporary / name);
    expect_same_weights(other, model);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Writers, FileOfAnOlderKeras,
    ::testing::Values(OldFile{"nested_old__tf14", "model.h5"}, OldFile{"nested_old__tf115", "model.h5"},
                      OldFile{"nested_old__k225", "model.h5"}, OldFile{"nested_old__k204", "model.h5"},
                      OldFile{"shared__tf14", "model.h5"}, OldFile{"shared__k204", "model.h5"},
                      OldFile{"nested__k212", "model.h5"}, OldFile{"nested__k212", "model_v3.keras"},
                      OldFile{"sep_seq__k212", "model.h5"}, OldFile{"sep_seq__k212", "model_v3.keras"},
                      OldFile{"nested__k215", "model.keras"}, OldFile{"sep_seq__k215", "model.keras"},
                      OldFile{"sep_seq__k215", "model.h5"}, OldFile{"dict_io__k215", "model.keras"},
                      OldFile{"policy_model_float64__k215", "model.keras"},
                      OldFile{"policy_model_float16__k215", "model.keras"},
                      OldFile{"policy_model_float16__k215", "model.h5"},
                      OldFile{"policy_model_float16__k315", "model.h5"},
                      OldFile{"policy_model_bfloat16__k215", "model.keras"},
                      OldFile{"policy_model_bfloat16__k215", "model.h5"},
                      OldFile{"policy_model_bfloat16__k315", "model.h5"},
                      OldFile{"policy_model_mixed_float16__k215", "model.keras"},
                      OldFile{"policy_model_mixed_float16__k215", "model.h5"},
                      OldFile{"policy_model_mixed_float16__k315", "model.h5"},
                      OldFile{"policy_model_mixed_bfloat16__k215", "model.keras"},
                      OldFile{"policy_model_mixed_bfloat16__k215", "model.h5"},
                      OldFile{"policy_model_mixed_bfloat16__k315", "model.h5"},
                      OldFile{"slash_names__k215", "model.h5"}, OldFile{"slash_names__k215", "model.keras"},
                      OldFile{"frozen__k30", "model.h5"}, OldFile{"frozen__k315", "model.h5"},
                      OldFile{"odd_names__k315", "model.h5"}, OldFile{"sep_seq__k315", "model.h5"},
                      OldFile{"sep_seq_old__tf14", "model.h5"}, OldFile{"sep_seq_old__k225", "model.h5"},
                      OldFile{"sep_seq_old__k215", "model.h5"}, OldFile{"sep_seq_old__k215", "model.keras"},
                      OldFile{"multi_io__tf14", "model.h5"}, OldFile{"multi_io__tf115", "model.h5"},
                      OldFile{"multi_io__k225", "model.h5"}, OldFile{"multi_io__k204", "model.h5"},
                      OldFile{"ops_arith__k215", "model.keras"}, OldFile{"ops_arith__k315", "model.h5"},
                      OldFile{"ops_arith__k315", "model.keras"}, OldFile{"options__k215", "model.h5"},
                      OldFile{"preproc__k215", "model.keras"}, OldFile{"one_d__k215", "model.keras"},
                      OldFile{"acts__k215", "model.keras"}),
    [](const auto& info) {
      const std::string file = info.param.file;
      return std::string(info.param.folder) + "_" + file.substr(file.rfind('.') + 1);
    });

TEST(LoadWeights, ReadsLegacyFilesOfWeightsAloneAndOfWholeModels) {
  const std::string folder = kGolden + "models/nested_old__tf14";
  const Model model = load_model(folder + "/model.h5");
  for (const char* file : {"/weights_only.h5", "/model.h5"}) {
    clear_weights(model);
    model->load_weights(folder + file);
    expect_golden_outputs(model, folder);
  }
}

// Keras saves the optimizer's variables; the third update has been made.
TEST(LoadModel, RestoresTheOptimizerOfALegacyFile) {
  for (const char* name : {"sep_seq__k215", "sep_seq__k212"}) {
    const std::string path = kGolden + "models/" + name + "/model.h5";
    std::vector<std::string> notes;
    const Model model = load_model(path, {.notes = &notes});
    EXPECT_THAT(notes, IsEmpty());
    ASSERT_TRUE(model->compiled());
    EXPECT_EQ(model->optimizer()->iterations(), 3);
    const H5File file(read_file(path, 1 << 20), "m");
    const Variables state = model->optimizer()->variables();
    EXPECT_EQ(state[2].name(), "sep_a_depthwise_kernel_momentum");
    testing::expect_same_bits(state[2].value(),
                              file.read("optimizer_weights/Adam/m/sep_a/depthwise_kernel:0"));
    testing::expect_same_bits(state[3].value(),
                              file.read("optimizer_weights/Adam/v/sep_a/depthwise_kernel:0"));
  }
}

// Before tf.keras 2.11 all first moments came before all second ones; the model has nine weights that learn.
TEST(LoadModel, SortsTheMomentsOfOlderOptimizers) {
  struct Case {
    const char* folder;
    const char* first_moment;
    const char* second_moment;
  };
  for (const Case& c :
       {Case{"multi_io__tf14", "training/Adam/Variable:0", "training/Adam/Variable_9:0"},
        Case{"multi_io__k225", "training/Adam/Variable:0", "training/Adam/Variable_9:0"},
        Case{"multi_io__tf115", "training/Adam/sc/depthwise_kernel/m:0",
             "training/Adam/sc/depthwise_kernel/v:0"},
        Case{"multi_io__k204", "Adam/sc/depthwise_kernel/m:0", "Adam/sc/depthwise_kernel/v:0"}}) {
    const std::string path = kGolden + "models/" + c.folder + "/model.h5";
    std::vector<std::string> notes;
    const Model model = load_model(path, {.notes = &notes});
    EXPECT_THAT(notes, IsEmpty()) << c.folder;
    const H5File file(read_file(path, 1 << 20), "m");
    const Variables state = model->optimizer()->variables();
    ASSERT_EQ(state.size(), 20U);
    testing::expect_same_bits(state[2].value(),
                              file.read(std::string("optimizer_weights/") + c.first_moment));
    testing::expect_same_bits(state[3].value(),
                              file.read(std::string("optimizer_weights/") + c.second_moment));
    EXPECT_GT(model->optimizer()->iterations(), 0);
  }
}

Model model_for_h5(const char* optimizer) {
  const KerasTensor image = Input({.shape = {6, 6, 2}, .name = "image"});
  KerasTensor x = layers::SeparableConv2D({.filters = 3, .kernel_size = 3, .name = "conv"})(image);
  x = layers::BatchNormalization({.name = "norm"})(x);
  const KerasTensor inner_input = Input({.shape = {4, 4, 3}});
  KerasTensor y = layers::DepthwiseConv2D({.kernel_size = 3, .name = "deep"})(inner_input);
  y = layers::BatchNormalization({.name = "deep_norm"})(y);
  const Model inner(inner_input, layers::Dense({.units = 2, .name = "deep_dense"})(y), "inner");
  x = layers::GlobalAveragePooling2D({.name = "pool"})(inner(x));
  Model model(image, layers::Dense({.units = 2, .name = "head"})(x), "small");
  model->compile({.optimizer = optimizer, .loss = "mse", .metrics = {"mae"}});
  return model;
}

const Tensor kInputs = testing::varied({8, 6, 6, 2}, 1, DType::float32);
const Tensor kTargets = testing::varied({8, 2}, 2, DType::float32);

TEST(SaveModel, WritesTheLegacyLayoutOfKeras) {
  const testing::TemporaryFolder temporary;
  const Model model = model_for_h5("adam");
  model->train_on_batch(kInputs, kTargets);
  model->save(temporary / "m.h5");
  const H5File file(read_file(temporary / "m.h5", 1 << 20), "m");
  EXPECT_EQ(file.string_attribute("", "backend"), "tensorflow");
  EXPECT_EQ(file.string_attribute("", "keras_version"), "3.15.1");
  EXPECT_EQ(Json::parse(*file.string_attribute("", "model_config"))["class_name"], "Functional");
  const Json training = Json::parse(*file.string_attribute("", "training_config"));
  EXPECT_EQ(training["optimizer_config"]["class_name"], "Adam");
  // Keras 3.15 knows "mse" when it writes an `.h5` file, but not when it reads one.
  EXPECT_EQ(training["loss"], "mean_squared_error");
  EXPECT_THAT(*file.string_list_attribute("model_weights", "layer_names"),
              ElementsAre("image", "conv", "norm", "inner", "pool", "head"));
  // Of a model inside: first all that learn, then the others.
  EXPECT_THAT(
      *file.string_list_attribute("model_weights/inner", "weight_names"),
      ElementsAre("deep/kernel", "deep/bias", "deep_norm/gamma", "deep_norm/beta", "deep_dense/kernel",
                  "deep_dense/bias", "deep_norm/moving_mean", "deep_norm/moving_variance"));
  EXPECT_THAT(*file.string_list_attribute("model_weights/pool", "weight_names"), IsEmpty());
  EXPECT_TRUE(file.has_group("model_weights/top_level_model_weights"));
  EXPECT_EQ(file.string_list_attribute("optimizer_weights", "weight_names")->at(2),
            "adam/conv_depthwise_kernel_momentum");
}

TEST(SaveModel, WritesTheSameLegacyBytesAgain) {
  const testing::TemporaryFolder temporary;
  const Model model = model_for_h5("adam");
  for (const char* name : {"a.h5", "b.hdf5"}) model->save(temporary / name);
  EXPECT_EQ(read_file(temporary / "a.h5", 1 << 20), read_file(temporary / "b.hdf5", 1 << 20));
}

TEST(SaveModel, LetsTrainingGoOnFromALegacyFile) {
  for (const char* optimizer : {"adam", "sgd", "rmsprop"}) {
    const testing::TemporaryFolder temporary;
    expect_training_goes_on(model_for_h5(optimizer), temporary / "m.h5", kInputs, kTargets);
  }
}

TEST(SaveModel, CutsListsOfNamesThatAreTooLongForAnAttribute) {
  const testing::TemporaryFolder temporary;
  std::vector<SequentialItem> items = {Input({.shape = {1}})};
  for (int i = 0; i < 40; ++i) {
    items.emplace_back(layers::Dense({.units = 1, .name = std::string(3000, 'n') + std::to_string(i)}));
  }
  const Sequential model(std::make_shared<SequentialModel>(SequentialOptions{.layers = items}));
  model->save(temporary / "m.h5");
  const H5File file(read_file(temporary / "m.h5", 1 << 22), "m");
  EXPECT_EQ(file.string_list_attribute("model_weights", "layer_names"), std::nullopt);
  EXPECT_EQ(file.string_list_attribute("model_weights", "layer_names0")->size(), 20U);
  EXPECT_EQ(file.string_list_attribute("model_weights", "layer_names1")->size(), 20U);
  expect_same_weights(load_model(temporary / "m.h5"), model);
}

// Layers "a" (3 -> 2) and "b" (2 -> `units`).
Sequential two_layers(const char* first, const char* second, std::int64_t units) {
  return Sequential({Input({.shape = {3}}), layers::Dense({.units = 2, .name = first}),
                     layers::Dense({.units = units, .name = second})});
}

Tensor kernel_of(const Model& model, const char* layer) { return model->get_layer(layer)->get_weights()[0]; }

TEST(LoadWeights, PairsLayersInTheirOrderWhateverTheirNames) {
  const testing::TemporaryFolder temporary;
  const Sequential saved = two_layers("a", "b", 4);
  saved->save_weights(temporary / "w.h5");
  const Sequential model = two_layers("x", "y", 4);
  model->load_weights(temporary / "w.h5");
  expect_same_weights(model, saved);
}

TEST(LoadWeights, ByNameLeavesOtherLayersAlone) {
  const testing::TemporaryFolder temporary;
  const Sequential saved = two_layers("a", "b", 4);
  saved->save_weights(temporary / "w.h5");
  const Sequential model = two_layers("a", "c", 5);
  const Tensor before = kernel_of(model, "c");
  model->load_weights(temporary / "w.h5", {.by_name = true});
  testing::expect_same_bits(kernel_of(model, "a"), kernel_of(saved, "a"));
  testing::expect_same_bits(kernel_of(model, "c"), before);
}

TEST(LoadWeights, SkipsWhatDoesNotFitIfAskedTo) {
  const testing::TemporaryFolder temporary;
  const Sequential saved = two_layers("a", "b", 4);
  for (const char* name : {"w.h5", "w.weights.h5"}) {
    saved->save_weights(temporary / name);
    const Sequential model = two_layers("a", "b", 5);
    const Tensor before = kernel_of(model, "b");
    EXPECT_THAT(testing::error_text<ValueError>([&] { model->load_weights(temporary / name); }),
                AllOf(HasSubstr("(2, 5)"), HasSubstr("(2, 4)")));
    std::vector<std::string> notes;
    model->load_weights(temporary / name, {.skip_mismatch = true, .notes = &notes});
    EXPECT_THAT(notes, ElementsAre(HasSubstr("left out")));
    testing::expect_same_bits(kernel_of(model, "a"), kernel_of(saved, "a"));
    testing::expect_same_bits(kernel_of(model, "b"), before);
  }
}

TEST(LoadWeights, SaysWhatIsWrongWithALegacyFile) {
  const testing::TemporaryFolder temporary;
  two_layers("a", "b", 4)->save_weights(temporary / "w.h5");
  const Sequential one({Input({.shape = {3}}), layers::Dense({.units = 2})});
  EXPECT_THAT(
      testing::error_text<ValueError>([&] { one->load_weights(temporary / "w.h5"); }),
      HasSubstr("Layer count mismatch when loading weights from file. Model expected 1 layers, found 2"));
  two_layers("a", "b", 4)->save_weights(temporary / "w.weights.h5");
  EXPECT_THAT(testing::error_text<ValueError>(
                  [&] { one->load_weights(temporary / "w.weights.h5", {.by_name = true}); }),
              HasSubstr("Invalid keyword arguments: by_name"));
  const Sequential without_bias(
      {Input({.shape = {3}}), layers::Dense({.units = 2, .use_bias = false}), layers::Dense({.units = 4})});
  EXPECT_THAT(testing::error_text<ValueError>([&] { without_bias->load_weights(temporary / "w.h5"); }),
              HasSubstr("Layer expects 1 weight(s). Received 2 saved weight(s)"));
}

TEST(LoadWeights, RefusesKernelsThatTheanoTurnedAround) {
  const testing::TemporaryFolder temporary;
  H5Writer writer;
  writer.string_attribute("", "backend", "theano");
  writer.string_list_attribute("", "layer_names", {});
  write_file(temporary / "w.h5", writer.finish());
  EXPECT_THAT(testing::error_text<UnimplementedError>(
                  [&] { two_layers("a", "b", 4)->load_weights(temporary / "w.h5"); }),
              HasSubstr("backend 'theano'"));
}

TEST(LoadModel, TellsFormatsByTheirContent) {
  const testing::TemporaryFolder temporary;
  const std::string folder = kGolden + "models/sep_seq__k212/";
  write_file(temporary / "a.keras", read_file(folder + "model.h5", 1 << 20));
  write_file(temporary / "b.h5", read_file(folder + "model_v3.keras", 1 << 20));
  expect_golden_outputs(load_model(temporary / "a.keras"), folder);
  expect_golden_outputs(load_model(temporary / "b.h5"), folder);
}

// As few bytes as a compiled model has.
std::vector<std::byte> tiny_h5() {
  const testing::TemporaryFolder temporary;
  const Sequential model({Input({.shape = {2}}), layers::Dense({.units = 1, .name = "d"})}, "tiny");
  model->compile({.optimizer = "sgd", .loss = "mse"});
  model->save(temporary / "m.h5");
  return read_file(temporary / "m.h5", 1 << 20);
}

// Whether the file loads; nothing but an Error may leave load_model.
bool loads(const std::string& path) {
  std::vector<std::string> notes;
  try {
    load_model(path, {.notes = &notes});
  } catch (const Error&) {
    return false;
  }
  return true;
}

TEST(LoadModel, RefusesEveryTruncationOfALegacyFile) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = tiny_h5();
  for (std::size_t length = 0; length < whole.size(); length += 7) {
    write_quickly(temporary / "m.h5", std::span(whole).first(length));
    EXPECT_FALSE(loads(temporary / "m.h5")) << length;
  }
  write_quickly(temporary / "m.h5", whole);
  EXPECT_TRUE(loads(temporary / "m.h5"));
}

TEST(LoadModel, SurvivesChangedBytesOfALegacyFile) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = tiny_h5();
  for (std::size_t at = 0; at < whole.size(); at += 5) {
    std::vector<std::byte> bytes = whole;
    bytes[at] ^= std::byte{0x11};
    write_quickly(temporary / "m.h5", bytes);
    loads(temporary / "m.h5");  // either will do
  }
}

TEST(LoadModel, RefusesEveryValueOfAWrongTypeInTheConfigsOfALegacyFile) {
  const testing::TemporaryFolder temporary;
  const H5File file(tiny_h5(), "m");
  const std::vector<const char*> attributes = {"model_config", "training_config"};
  std::map<std::string, Json> configs;
  for (const char* name : attributes) configs[name] = Json::parse(*file.string_attribute("", name));
  // Both dialects read it.
  for (const char* version : {"2.15.0", "3.15.1"}) {
    for (const char* name : attributes) {
      const Json flat = configs[name].flatten();
      for (const auto& [pointer, value] : flat.items()) {
        for (const Json& replacement :
             {Json(), Json(true), Json(-1), Json(1e300), Json("x"), Json::array(), Json::object()}) {
          std::map<std::string, Json> changed = configs;
          changed[name][Json::json_pointer(pointer)] = replacement;
          H5Writer writer;
          writer.string_attribute("", "keras_version", version);
          for (const char* each : attributes) writer.string_attribute("", each, changed[each].dump());
          writer.group("model_weights/d");
          writer.string_list_attribute("model_weights", "layer_names", {"d"});
          writer.string_list_attribute("model_weights/d", "weight_names", {"kernel", "bias"});
          for (const char* weight : {"kernel", "bias"}) {
            writer.dataset(h5_join("model_weights/d", weight),
                           file.read(h5_join("model_weights/d/d", weight)));
          }
          write_quickly(temporary / "m.h5", writer.finish());
          loads(temporary / "m.h5");  // either will do
        }
      }
    }
  }
}

std::string text_of_file(const std::string& path) {
  std::ifstream stream(path);
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(ModelFromJson, ReadsWhatKerasDescribes) {
  const std::string folder = kGolden + "models/nested_old__k225";
  const Model model = model_from_json(text_of_file(folder + "/model.json"));
  EXPECT_FALSE(model->compiled());
  model->load_weights(folder + "/model.h5");
  expect_golden_outputs(model, folder);
  EXPECT_TRUE(model_from_json(text_of_file(kGolden + "models/sep_seq__k315/model.json"))->compiled());
}

TEST(ModelFromJson, RefusesTextThatDescribesNoModel) {
  EXPECT_THAT(testing::error_text<ValueError>([&] { model_from_json("[1]"); }),
              HasSubstr("expected a JSON object"));
  EXPECT_THAT(testing::error_text<ValueError>([&] { model_from_json(std::string(1000, '[')); }),
              HasSubstr("nested more than 128 levels"));
  EXPECT_THROW(model_from_json(R"({"class_name": "Dense", "config": {"units": 3}})"), ValueError);
}

}  // namespace
}  // namespace sepal
