// Files of models that are damaged, hostile or of something unknown.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <span>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/load_model.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/small_models.h"
#include "tests/support/temporary_folder.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::kGolden;
using testing::saved_bytes;
using testing::tiny_model;
using testing::write_quickly;

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

TEST(LoadModel, RefusesEveryTruncation) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = saved_bytes(tiny_model(), "m.keras");
  for (std::size_t length = 0; length < whole.size(); ++length) {
    write_quickly(temporary / "m.keras", std::span(whole).first(length));
    EXPECT_THROW(load_model(temporary / "m.keras"), Error) << length;
  }
}

TEST(LoadModel, SurvivesChangedBytes) {
  const testing::TemporaryFolder temporary;
  const std::vector<std::byte> whole = saved_bytes(tiny_model(), "m.keras");
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
  const Archive archive(saved_bytes(tiny_model(), "m.keras"), "m.keras");
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
    const Archive archive(saved_bytes(tiny_model(), "m.keras"), "m.keras");
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

}  // namespace
}  // namespace sepal
