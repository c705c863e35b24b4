// Operations on tensors in files for tf.keras 2. That tf.keras 2.15 loads them and predicts the same:
// scripts/check_legacy_files.py.
#include "sepal/saving/keras2_operations.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"
#include "sepal/saving/common_dialect.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/load_model.h"
#include "sepal/saving/save_model.h"
#include "tests/support/golden_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::HasSubstr;
using testing::kGolden;

Json layers_of_h5(const std::string& path) {
  const H5File file(read_file(path, 1 << 20), "m");
  return Json::parse(*file.string_attribute("", "model_config"))["config"]["layers"];
}

// TensorFlow's names of calls, and arguments that have their default.
void drop_defaults(Json& call) {
  if (!call.is_array()) return;
  if (call.size() != 4 || !call[0].is_string()) {
    for (Json& input : call) drop_defaults(input);
    return;
  }
  Json& kwargs = call[3];
  const Json defaults = {{"conjugate", false}, {"constant_values", 0}, {"batch_dims", 0}};
  Json said = Json::object();
  for (const auto& [keyword, value] : kwargs.items()) {
    const bool is_default = defaults.contains(keyword) && defaults[keyword] == value;
    if (!value.is_null() && !is_default && keyword != "name") said[keyword] = value;
  }
  kwargs = said;
}

// Without the order of keys, which says nothing.
nlohmann::json call_of(Json layer) {
  drop_defaults(layer["inbound_nodes"]);
  return {{"class_name", layer["class_name"]},
          {"config", nlohmann::json::parse(layer["config"].dump())},
          {"inbound_nodes", nlohmann::json::parse(layer["inbound_nodes"].dump())}};
}

std::map<std::string, nlohmann::json> functions_in(const std::string& path) {
  std::map<std::string, nlohmann::json> found;
  for (const Json& layer : layers_of_h5(path)) {
    if (layer["class_name"] == "TFOpLambda" || layer["class_name"] == "SlicingOpLambda") {
      found[layer["name"].get<std::string>()] = call_of(layer);
    }
  }
  return found;
}

TEST(Keras2Operations, AreTheFunctionsThatTfKerasWroteForTheSameArithmetic) {
  const std::string folder = kGolden + "models/tf_functions__k215";
  const testing::TemporaryFolder temporary;
  const Model model = load_model(folder + "/model.h5");
  testing::expect_golden_outputs(model, folder);
  save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
  const auto want = functions_in(folder + "/model.h5");
  const auto got = functions_in(temporary / "m.h5");
  EXPECT_GT(want.size(), 30U);
  EXPECT_EQ(got.size(), want.size());
  for (const auto& [name, call] : want) {
    ASSERT_TRUE(got.contains(name)) << name;
    EXPECT_EQ(got.at(name), call) << name;
  }
}

TEST(Keras2Operations, ComeBackWithTheSameOutputs) {
  const testing::TemporaryFolder temporary;
  for (const char* name : {"tf_functions__k215/model.h5", "ops_arith__k315/model.keras"}) {
    const std::string path = kGolden + "models/" + name;
    const Model model = load_model(path);
    save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
    EXPECT_FALSE(functions_in(temporary / "m.h5").empty());
    const Model again = load_model(temporary / "m.h5");
    testing::expect_golden_outputs(again, path.substr(0, path.rfind('/')));
    EXPECT_EQ(again->to_envelope(), model->to_envelope()) << name;
  }
}

Json operation_layer(const char* module, const char* class_name, const Json& config) {
  const Json x = {{"class_name", "__keras_tensor__"},
                  {"config", {{"keras_history", Json::array({"x", 0, 0})}}}};
  return {{"module", module},
          {"class_name", class_name},
          {"config", config},
          {"registered_name", class_name},
          {"name", "op"},
          {"inbound_nodes", Json::array({{{"args", Json::array({x})}, {"kwargs", Json::object()}}})}};
}

TEST(Keras2Operations, AreRefusedWithTheirNameWhereTensorFlowComputesSomethingElse) {
  struct Case {
    const char* module;
    const char* class_name;
    Json config;
    Json second;  // operand
    std::vector<Operand> operands;
    const char* problem;
  };
  const char* numpy = "keras.src.ops.numpy";
  const Case cases[] = {
      {numpy, "Bartlett", {}, nullptr, {}, "has no function that does what the operation 'Bartlett' does"},
      {numpy, "Argmax", {{"axis", nullptr}, {"keepdims", false}}, nullptr, {}, "takes no axis=null"},
      {numpy, "Argmax", {{"axis", 1}, {"keepdims", true}}, nullptr, {}, "takes no keepdims=true"},
      {numpy,
       "Mean",
       {{"axis", 1}, {"keepdims", false}},
       nullptr,
       {{DType::int32, 2}},
       "on int32 TensorFlow"},
      {numpy, "Add", Json::object(), 0.5, {{DType::int32, 2}}, "a fraction and whole numbers"},
      {numpy, "Add", Json::object(), 1, {{DType::float32, 2}, {DType::int32, 2}}, "different types"},
      {numpy, "Tile", {{"repeats", {2}}}, nullptr, {{DType::float32, 2}}, "takes no repeats=[2]"},
      {numpy,
       "Pad",
       {{"pad_width", {{1, 1}}}, {"mode", "edge"}},
       nullptr,
       {{DType::float32, 1}},
       "takes no mode=\"edge\""},
      {numpy,
       "Take",
       {{"axis", 1}},
       Json::array({0, -1}),
       {{DType::float32, 2}},
       "takes no negative indices=[0,-1]"},
      {"keras.src.ops.nn", "Elu", {{"alpha", 0.5}}, nullptr, {{DType::float32, 2}}, "takes no alpha=0.5"},
  };
  for (const Case& c : cases) {
    Json layer = operation_layer(c.module, c.class_name, c.config);
    if (!c.second.is_null()) layer["inbound_nodes"][0]["args"].push_back(c.second);
    const auto problem = to_tensorflow_function(layer, c.operands);
    ASSERT_TRUE(problem.has_value()) << c.problem;
    EXPECT_THAT(*problem, ::testing::AllOf(HasSubstr("layer 'op': "), HasSubstr(c.problem)));
  }
}

TEST(Keras2Operations, ArgmaxCountsInTheTypeOfKeras3) {
  Json layer = operation_layer("keras.src.ops.numpy", "Argmax", {{"axis", 1}, {"keepdims", false}});
  ASSERT_EQ(to_tensorflow_function(layer, {{DType::float32, 2}}), std::nullopt);
  EXPECT_EQ(layer["inbound_nodes"][0]["kwargs"], Json({{"axis", 1}, {"output_type", "int32"}}));
}

// tf.keras 2.15 makes a tensor of float32 of a number that is the first argument.
TEST(Keras2Operations, PutNumbersBehindTensorsOfHalfPrecision) {
  Json sum = operation_layer("keras.src.ops.numpy", "Add", Json::object());
  Json& args = sum["inbound_nodes"][0]["args"];
  const Json x = args[0];
  args = Json::array({1.0, x});
  Json quotient = sum;
  quotient["class_name"] = "TrueDivide";
  Json in_float32 = quotient;
  ASSERT_EQ(to_tensorflow_function(sum, {{DType::float16, 2}}), std::nullopt);
  EXPECT_EQ(sum["inbound_nodes"][0], Json({{"args", Json::array({x})}, {"kwargs", {{"y", 1.0}}}}));
  EXPECT_EQ(to_tensorflow_function(quotient, {{DType::float16, 2}}),
            "layer 'op': tf.keras makes float32 of a number that comes first");
  ASSERT_EQ(to_tensorflow_function(in_float32, {{DType::float32, 2}}), std::nullopt);
  EXPECT_EQ(in_float32["inbound_nodes"][0], Json({{"args", {1.0}}, {"kwargs", {{"y", x}}}}));
}

TEST(Keras2Operations, StandForActivationsThatTfKerasLacks) {
  const testing::TemporaryFolder temporary;
  const KerasTensor x = Input({.shape = {5}, .name = "x"});
  const KerasTensor silu = layers::Activation({.activation = "hard_silu", .name = "silu"})(x);
  const KerasTensor gate = layers::Activation({.activation = "hard_sigmoid", .name = "gate"})(silu);
  const Model model(x, {gate, silu}, "hard");
  save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
  std::vector<std::string> names;
  for (const auto& [name, call] : functions_in(temporary / "m.h5")) names.push_back(name);
  EXPECT_THAT(names, ::testing::ElementsAre("gate", "gate_cut", "gate_raised", "silu", "silu_cut",
                                            "silu_gate", "silu_raised"));
  const Tensors inputs = {ops::multiply(testing::varied({4, 5}, 1, DType::float32), 5.0)};
  const Tensors want = model->predict_all(inputs);
  const Tensors got = load_model(temporary / "m.h5")->predict_all(inputs);
  for (std::size_t i = 0; i < want.size(); ++i) testing::expect_close(got[i], want[i], 1e-6, 1e-6);
}

TEST(Keras2Operations, StandBesideTheClassesOfItsApplications) {
  Json layer = {{"module", "keras.src.applications.inception_resnet_v2"},
                {"class_name", "CustomScaleLayer"},
                {"config", {{"name", "scale"}, {"trainable", true}, {"dtype", "float32"}, {"scale", 0.5}}},
                {"registered_name", "CustomScaleLayer"}};
  const Operands none;
  Json for_both = layer;
  EXPECT_EQ(to_common_dialect(for_both), "the class 'CustomScaleLayer'");
  EXPECT_EQ(to_common_dialect(layer, &none), std::nullopt);
  EXPECT_EQ(layer["class_name"], "Custom>CustomScaleLayer");
}

}  // namespace
}  // namespace sepal
