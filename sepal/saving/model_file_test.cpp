// Whole models: files of Keras read here, files written here read again, files that must be refused.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/load_model.h"
#include "sepal/saving/save_model.h"
#include "sepal/train/optimizers/optimizers.h"
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

class GoldenModel : public ::testing::TestWithParam<const char*> {
 protected:
  std::string folder() const { return kGolden + "models/" + GetParam(); }
};

TEST_P(GoldenModel, PredictsAsKerasDoes) {
  expect_golden_outputs(load_model(folder() + "/model.keras"), folder());
}

TEST_P(GoldenModel, IsTheSameAfterBeingSavedHere) {
  const testing::TemporaryFolder temporary;
  const Model model = load_model(folder() + "/model.keras");
  model->save(temporary / "first.keras");
  const Model again = load_model(temporary / "first.keras");
  expect_same_weights(model, again);
  EXPECT_EQ(again->to_envelope(), model->to_envelope());
  EXPECT_EQ(again->get_compile_config(), model->get_compile_config());
  again->save(temporary / "second.keras");
  EXPECT_EQ(read_file(temporary / "second.keras", 1 << 20), read_file(temporary / "first.keras", 1 << 20));
}

INSTANTIATE_TEST_SUITE_P(
    Files, GoldenModel,
    ::testing::Values("branches__k315", "chan_first__k315", "dict_io__k315", "frozen__k303", "frozen__k315",
                      "frozen__k36", "nested__k30", "nested__k315", "nested__k36", "nested_old__k315",
                      "odd_names__k315", "policy_model_bfloat16__k315", "policy_model_float16__k315",
                      "policy_model_float64__k315", "policy_model_mixed_bfloat16__k315",
                      "policy_model_mixed_float16__k315", "sep_res__k315", "sep_seq__k30", "sep_seq__k315",
                      "sep_seq_old__k315", "shared__k310", "shared__k315"),
    [](const auto& info) { return std::string(info.param); });

// A model with some of everything that has a place of its own in a file.
Model small_model(const char* optimizer = "adam") {
  const KerasTensor image = Input({.shape = {6, 6, 2}, .name = "image"});
  KerasTensor x = layers::SeparableConv2D({.filters = 3, .kernel_size = 3, .padding = "same"})(image);
  x = layers::BatchNormalization()(x);
  const KerasTensor inner_input = Input({.shape = {6, 6, 3}});
  const Model inner(inner_input, layers::DepthwiseConv2D({.kernel_size = 3})(inner_input), "inner");
  x = inner(x);
  x = layers::Dropout({.rate = 0.25, .seed = 7})(x);
  x = layers::GlobalAveragePooling2D()(x);
  const Sequential head({layers::Dense({.units = 4, .activation = "relu"}), layers::Dense({.units = 2})},
                        "head");
  Model model(image, head(x), "small");
  model->compile({.optimizer = optimizer, .loss = "mse", .metrics = {"mae"}});
  return model;
}

const Tensor kX = testing::varied({8, 6, 6, 2}, 1, DType::float32);
const Tensor kY = testing::varied({8, 2}, 2, DType::float32);

TEST(SaveModel, WritesTheMembersAndGroupsOfKeras) {
  const testing::TemporaryFolder temporary;
  const Model model = small_model("sgd");
  model->train_on_batch(kX, kY);
  model->save(temporary / "m.keras");
  const Archive archive(read_file(temporary / "m.keras", 1 << 20), "m.keras");
  ASSERT_EQ(archive.members().size(), 3U);
  EXPECT_EQ(archive.members()[0].name, "metadata.json");
  EXPECT_EQ(archive.members()[1].name, "config.json");
  EXPECT_EQ(archive.members()[2].name, "model.weights.h5");
  const H5File file(archive.read("model.weights.h5", 1 << 20), "w");
  const auto datasets = [&](const std::string& group) { return file.groups().at(group).datasets; };
  EXPECT_EQ(file.string_attribute("vars", "name"), "small");
  EXPECT_THAT(datasets("vars"), IsEmpty());
  EXPECT_THAT(file.groups().at("layers").groups,
              ElementsAre("batch_normalization", "dropout", "functional", "global_average_pooling2d",
                          "input_layer", "separable_conv2d", "sequential"));
  EXPECT_EQ(file.string_attribute("layers/input_layer/vars", "name"), "image");
  EXPECT_THAT(datasets("layers/separable_conv2d/vars"), ElementsAre("0", "1", "2"));
  EXPECT_THAT(datasets("layers/batch_normalization/vars"), ElementsAre("0", "1", "2", "3"));
  EXPECT_THAT(datasets("layers/functional/layers/depthwise_conv2d/vars"), ElementsAre("0", "1"));
  EXPECT_THAT(file.groups().at("layers/sequential/layers").groups, ElementsAre("dense", "dense_1"));
  EXPECT_THAT(datasets("layers/dropout/seed_generator/vars"), ElementsAre("0"));
  EXPECT_EQ(file.datasets().at("layers/dropout/seed_generator/vars/0").dtype, DType::uint32);
  EXPECT_THAT(datasets("optimizer/vars"), ElementsAre("0", "1"));
  EXPECT_EQ(file.string_attribute("optimizer/vars", "name"), "sgd");
  EXPECT_EQ(file.read("optimizer/vars/0").item(), 1.0);
}

TEST(SaveModel, SavesAgainWithTheSameBytes) {
  const testing::TemporaryFolder temporary;
  const Model model = small_model();
  model->train_on_batch(kX, kY);
  model->save(temporary / "a.keras");
  model->save(temporary / "b.keras");
  EXPECT_EQ(read_file(temporary / "a.keras", 1 << 20), read_file(temporary / "b.keras", 1 << 20));
  model->save_weights(temporary / "a.weights.h5");
  model->save_weights(temporary / "b.weights.h5");
  EXPECT_EQ(read_file(temporary / "a.weights.h5", 1 << 20), read_file(temporary / "b.weights.h5", 1 << 20));
}

TEST(SaveModel, LetsTrainingGoOnWhereItStopped) {
  for (const char* optimizer : {"adam", "sgd", "rmsprop", "adagrad"}) {
    const testing::TemporaryFolder temporary;
    expect_training_goes_on(small_model(optimizer), temporary / "m.keras", kX, kY);
  }
}

TEST(SaveModel, RefusesAnotherExtensionAndAModelThatIsNotBuilt) {
  const Model model = small_model();
  EXPECT_THAT(testing::error_text<ValueError>([&] { model->save("m.txt"); }),
              HasSubstr("ends in `.keras`, `.h5` or `.hdf5`. Received: filepath=m.txt"));
  EXPECT_THAT(
      testing::error_text<ValueError>([&] { model->save_weights("m.keras"); }),
      HasSubstr("The filename must end in `.weights.h5`, `.h5` or `.hdf5`. Received: filepath=m.keras"));
  const Sequential unbuilt({layers::Dense({.units = 3})});
  EXPECT_THAT(testing::error_text<ValueError>([&] { unbuilt->save("m.keras"); }),
              HasSubstr("not yet been built"));
}

TEST(LoadModel, CompilesOnlyIfAsked) {
  const std::string path = kGolden + "models/sep_seq__k315/model.keras";
  EXPECT_TRUE(load_model(path)->compiled());
  EXPECT_FALSE(load_model(path, {.compile = false})->compiled());
}

TEST(LoadModel, TellsThatAnOptimizerIsMissing) {
  std::vector<std::string> notes;
  const Model model = load_model(kGolden + "models/sep_seq__k315/model_after_h5.keras", {.notes = &notes});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("names no optimizer")));
  expect_golden_outputs(model, kGolden + "models/sep_seq__k315");
}

TEST(LoadModel, GoesOnWithoutAnOptimizerStateThatDoesNotFit) {
  std::vector<std::string> notes;
  // Keras 3.0 trained layers that its config calls frozen, so the state has slots for them.
  load_model(kGolden + "models/frozen__k303/model.keras", {.notes = &notes});
  EXPECT_THAT(notes, IsEmpty());
  const testing::TemporaryFolder temporary;
  const Model model = small_model("sgd");
  model->train_on_batch(kX, kY);
  model->save_weights(temporary / "m.weights.h5");
  const Model other = small_model("adam");
  load_weights(*other, temporary / "m.weights.h5", {.notes = &notes});
  EXPECT_THAT(notes, IsEmpty());
  other->train_on_batch(kX, kY);
  other->save_weights(temporary / "m.weights.h5");
  load_weights(*model, temporary / "m.weights.h5", {.notes = &notes});
  EXPECT_THAT(notes, ElementsAre(HasSubstr("the state of optimizer 'sgd' starts anew")));
  expect_same_weights(model, other);
}

TEST(LoadModel, SaysWhatAFileIsInsteadOfAnArchive) {
  const testing::TemporaryFolder temporary;
  write_file(temporary / "m.keras", std::as_bytes(std::span("text")));
  EXPECT_THAT(testing::error_text<ValueError>([&] { load_model(temporary / "m.keras"); }),
              HasSubstr("expected a `.keras` zip archive or an `.h5` file. Received: a file of 5 bytes"));
  EXPECT_THAT(testing::error_text<OSError>([&] { load_model(temporary / "absent.keras"); }),
              HasSubstr("absent.keras"));
}

class BadModel : public ::testing::TestWithParam<std::pair<const char*, const char*>> {};

TEST_P(BadModel, IsRefusedByNamingTheFileAndTheReason) {
  std::string path = kGolden + "bad/" + GetParam().first + ".keras";
  if (!std::filesystem::exists(path)) path = kGolden + "bad/" + GetParam().first + ".h5";
  EXPECT_THAT(testing::error_text<Error>([&] { load_model(path); }),
              AllOf(HasSubstr(path), HasSubstr(GetParam().second)));
}

INSTANTIATE_TEST_SUITE_P(
    Files, BadModel,
    ::testing::Values(
        std::pair("bad_json", "config.json: not valid JSON at byte 5150"),
        std::pair("channels_mismatch", "variable 'depthwise_kernel' of layer 'sep_a'"),
        std::pair("config_is_list", "config.json: expected an object"),
        std::pair("custom_layer", "layer 'dbl': class 'Doubler' is not known"),
        std::pair("cut_h5", "said to have 40512 bytes. Received: 24307 bytes"),
        std::pair("cut_keras", "The file may be cut off"), std::pair("cut_weights", "It may be cut off"),
        std::pair("dataset_huge", "'layers/separable_conv2d/vars/1': 4398046511104 bytes are declared"),
        std::pair("dataset_strings", "'layers/separable_conv2d/vars/1': expected numbers"),
        std::pair("deep_json", "config.json: JSON is nested more than 128 levels deep"),
        std::pair("duplicate_names", "'b0_sep1' is used twice"), std::pair("empty_keras", "an empty file"),
        std::pair("external_link", "a link to another file is not allowed"),
        std::pair("filters_huge",
                  "weight 'sep_a/pointwise_kernel' of shape (1, 1, 3, 1099511627776) is too large"),
        std::pair("filters_negative", "layer 'sep_a': Invalid value for argument `filters`"),
        std::pair("graph_cycle", "form a cycle"),
        std::pair("k2_config_not_json", "model_config: not valid JSON at byte 2"),
        std::pair("k2_groups_2", "layer 'sep_a': keyword argument not understood: 'groups'"),
        std::pair("k2_no_layer_names", "the group 'model_weights' lacks the attribute 'layer_names'"),
        std::pair("k2_no_weight_names", "the group 'model_weights/sep_a' lacks the attribute 'weight_names'"),
        std::pair("kernel_string", "layer 'sep_a', field 'kernel_size'"),
        std::pair("lambda_layer", "class 'Lambda' holds Python code"),
        std::pair("no_config", "'config.json' is missing"),
        std::pair("no_weights_member", "'model.weights.h5' is missing"),
        std::pair("node_out_of_range", "node 7 of layer 'b0_relu'"),
        std::pair("soft_link_dangling", "a soft link is not allowed"),
        std::pair("soft_link_loop", "a soft link is not allowed"),
        std::pair("subclassed_model", "class 'Sub' is not known"),
        std::pair("text_h5",
                  "expected a `.keras` zip archive or an `.h5` file. Received: a file of 800 bytes"),
        std::pair("text_keras", "expected a `.keras` zip archive"),
        std::pair("unknown_activation", "layer 'sep_a', field 'activation'"),
        std::pair("unknown_class", "class 'SeparableConv9D' is not known"),
        std::pair("unknown_source", "reads layer 'nobody', which does not exist"),
        std::pair("weight_missing",
                  "layer 'sep_a' expected 3 variables in group 'layers/separable_conv2d/vars'. "
                  "Received: 2"),
        std::pair("weight_shape", "expected shape (1, 1, 3, 8). Received: shape (1, 1, 3, 7)"),
        std::pair("weights_as_model", "No model config found in the file"),
        std::pair("wrong_filters", "expected shape (1, 1, 3, 9). Received: shape (1, 1, 3, 8)"),
        std::pair("zip_slip", "expected a relative name")),
    [](const auto& info) { return std::string(info.param.first); });

TEST(LoadModel, NeedsNoMetadata) { EXPECT_NO_THROW(load_model(kGolden + "bad/no_metadata.keras")); }

// The small sequential model without its weights' bulk: as few bytes as a model has.
std::vector<std::byte> tiny_file() {
  const testing::TemporaryFolder temporary;
  const Sequential model({Input({.shape = {2}}), layers::Dense({.units = 1, .name = "d"})}, "tiny");
  model->save(temporary / "m.keras");
  return read_file(temporary / "m.keras", 1 << 20);
}

TEST(LoadModel, RefusesEveryTruncation) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = tiny_file();
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_quickly(temporary / "m.keras", std::span(whole).first(length));
    EXPECT_THROW(load_model(temporary / "m.keras"), Error) << length;
  }
}

TEST(LoadModel, SurvivesChangedBytes) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = tiny_file();
  for (std::size_t at = 0; at < whole.size(); at += 3) {
    std::vector<std::byte> bytes = whole;
    bytes[at] ^= std::byte{0x11};
    write_quickly(temporary / "m.keras", bytes);
    try {
      load_model(temporary / "m.keras");
    } catch (const Error&) {  // NOLINT: a refusal is as good as a success here
    }
  }
}

TEST(LoadModel, RefusesEveryValueOfAWrongTypeInTheConfig) {
  const testing::TemporaryFolder temporary;
  const Archive archive(tiny_file(), "m.keras");
  const SharedBytes weights = archive.read("model.weights.h5", 1 << 20);
  const SharedBytes text = archive.read("config.json", 1 << 20);
  const Json config = Json::parse(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
  const std::vector<Json> replacements = {
      nullptr, true, -1, 1e300, "x", Json::array(), Json::object(), Json::array({Json::array()})};
  const Json flat = config.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& replacement : replacements) {
      Json changed = config;
      changed[Json::json_pointer(pointer)] = replacement;
      const std::string changed_text = changed.dump();
      write_quickly(temporary / "m.keras",
                    make_archive({{"config.json", std::as_bytes(std::span(changed_text))},
                                  {"model.weights.h5", weights}}));
      try {
        load_model(temporary / "m.keras");
      } catch (const Error&) {  // NOLINT: many changes mean nothing; no other exception may leave
      }
    }
  }
}

// The file of a small model with something done to its config.
class ChangedConfig : public ::testing::Test {
 protected:
  template <class Change>
  std::string file_with(const Change& change) {
    const Archive archive(tiny_file(), "m.keras");
    const SharedBytes text = archive.read("config.json", 1 << 20);
    Json config = Json::parse(std::string(reinterpret_cast<const char*>(text.data()), text.size()));
    change(config);
    const std::string changed = config.dump();
    write_quickly(folder_ / "m.keras",
                  make_archive({{"config.json", std::as_bytes(std::span(changed))},
                                {"model.weights.h5", archive.read("model.weights.h5", 1 << 20)}}));
    return folder_ / "m.keras";
  }

  template <class Change>
  std::string refusal(const Change& change) {
    const std::string path = file_with(change);
    return testing::error_text<Error>([&] { load_model(path); });
  }

  template <class Change>
  std::string refusal_of_layer(const Change& change) {
    return refusal([&](Json& config) { change(config["config"]["layers"][1]); });
  }

  testing::TemporaryFolder folder_;
};

Json compiled_with(const char* key, Json value) {
  Json config = {{"optimizer", "sgd"}, {"loss", "mse"}};
  config[key] = std::move(value);
  return config;
}

TEST_F(ChangedConfig, LeavesAModelUncompiledIfANameIsNotKnown) {
  const std::vector<std::pair<Json, const char*>> unknown = {
      {compiled_with("loss", "loss_of_mine"), "loss_of_mine"},
      {compiled_with("metrics", {"mae", "metric_of_mine"}), "metric_of_mine"},
      {compiled_with("optimizer", {{"class_name", "Mine"}, {"config", Json::object()}}), "Mine"},
      {compiled_with("optimizer", {{"class_name", "SGD"}, {"config", {{"of_another_version", 1}}}}),
       "of_another_version"}};
  for (const auto& [compile_config, name] : unknown) {
    const std::string path = file_with(
        [&compile_config = compile_config](Json& config) { config["compile_config"] = compile_config; });
    std::vector<std::string> notes;
    EXPECT_FALSE(load_model(path, {.notes = &notes})->compiled());
    EXPECT_THAT(notes, ElementsAre(AllOf(HasSubstr("the model is not compiled"), HasSubstr(name))));
    EXPECT_FALSE(load_model(path, {.compile = false})->compiled());
  }
}

TEST_F(ChangedConfig, IsRefusedIfWhatCompileTookIsDamaged) {
  const auto refusal_of = [&](const char* key, Json value) {
    return refusal([&](Json& config) { config["compile_config"] = compiled_with(key, std::move(value)); });
  };
  EXPECT_THAT(refusal_of("loss", 3),
              AllOf(HasSubstr("m.keras': compile_config, field 'loss'"), HasSubstr("3")));
  EXPECT_THAT(refusal_of("metrics", 3), HasSubstr("compile_config, field 'metrics'"));
  EXPECT_THAT(refusal_of("optimizer", Json::array()), HasSubstr("compile_config, field 'optimizer'"));
  EXPECT_THAT(refusal_of("optimizer", {{"class_name", "SGD"}, {"config", {{"momentum", "x"}}}}),
              HasSubstr("field 'momentum': expected a number. Received: \"x\""));
  EXPECT_THAT(refusal([&](Json& config) { config["compile_config"] = 7; }),
              HasSubstr("compile_config: expected a config object. Received: 7"));
  const std::string path = file_with([&](Json& config) { config["compile_config"] = 7; });
  EXPECT_FALSE(load_model(path, {.compile = false})->compiled());
}

TEST_F(ChangedConfig, NamesTheLayerOfAnArgumentThatItsConstructorRefuses) {
  EXPECT_THAT(refusal_of_layer([](Json& layer) { layer["config"]["units"] = -1; }),
              HasSubstr("m.keras': layer 'd': Received an invalid value for `units`"));
  EXPECT_THAT(refusal_of_layer([](Json& layer) { layer["config"]["name"] = "a/b"; }),
              HasSubstr("layer 'a/b': Argument `name` must be a string and cannot contain character `/`"));
  EXPECT_THAT(refusal_of_layer([](Json& layer) { layer["config"]["name"] = std::string(4097, 'x'); }),
              HasSubstr("Dense layer, field 'name': expected at most 4096 bytes. Received: 4097 bytes"));
}

TEST_F(ChangedConfig, ShowsNamesEscaped) {
  EXPECT_THAT(refusal_of_layer([](Json& layer) { layer["class_name"] = "De\x1b[31mnse\n"; }),
              HasSubstr("class 'De\\x1b[31mnse\\x0a' is not known"));
}

TEST_F(ChangedConfig, DoesNotTakeSomebodysClassForKerass) {
  EXPECT_THAT(refusal_of_layer([](Json& layer) { layer["module"] = "os"; }),
              HasSubstr("layer 'd': class 'Dense' is not Keras's but of the module 'os'"));
  EXPECT_THAT(refusal_of_layer([](Json& layer) { layer["registered_name"] = "mine>Dense"; }),
              HasSubstr("layer 'd': class 'Dense' is not Keras's but registered as 'mine>Dense'"));
}

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
