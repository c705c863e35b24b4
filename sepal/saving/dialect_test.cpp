#include "sepal/saving/dialect.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace sepal {
namespace {

Json modern(const char* text, Dialect dialect = Dialect::keras2) {
  Json envelope = Json::parse(text);
  modernize(envelope, dialect);
  return envelope;
}

// The order of keys means nothing.
nlohmann::json sorted(const Json& value) { return nlohmann::json::parse(value.dump()); }
nlohmann::json sorted(const char* text) { return nlohmann::json::parse(text); }

Json reference(const char* layer, int node, int tensor = 0) {
  return {{"class_name", "__keras_tensor__"},
          {"config", {{"keras_history", Json::array({layer, node, tensor})}}}};
}

TEST(Dialect, FollowsTheVersionThatTheFileNames) {
  EXPECT_EQ(dialect_of("1.2.2", {}), Dialect::keras1);
  EXPECT_EQ(dialect_of("2.0.8-tf", {}), Dialect::keras2);
  EXPECT_EQ(dialect_of("3.15.1", {}), Dialect::keras3);
  EXPECT_EQ(dialect_of({}, Json::parse(R"({"config": [{"batch_input_shape": [null, 3]}]})")),
            Dialect::keras2);
  EXPECT_EQ(dialect_of({}, Json::parse(R"({"config": {"batch_shape": [null, 3]}})")), Dialect::keras3);
}

TEST(Dialect, LeavesKeras3AsItIs) {
  const char* text = R"({"class_name": "Activation", "config": {"name": "a", "activation": "hard_sigmoid"}})";
  EXPECT_EQ(modern(text, Dialect::keras3), Json::parse(text));
}

TEST(Dialect, DropsArgumentsOfAKernelThatSeparableLayersDoNotHave) {
  const Json layer = modern(R"({"class_name": "SeparableConv2D", "config": {"filters": 2, "groups": 1,
    "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": null}},
    "kernel_regularizer": null, "kernel_constraint": null}})");
  EXPECT_EQ(layer["config"], Json::parse(R"({"filters": 2})"));
}

TEST(Dialect, KeepsWhatSaysSomethingForTheLayerToRefuse) {
  const Json layer = modern(R"({"class_name": "SeparableConv2D", "config": {"groups": 2,
    "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.5}}}})");
  EXPECT_TRUE(layer["config"].contains("groups"));
  EXPECT_TRUE(layer["config"].contains("kernel_regularizer"));
}

TEST(Dialect, KeepsTheKernelOfAnOrdinaryConvolution) {
  const char* text = R"({"class_name": "Conv2D", "config": {"groups": 1, "kernel_initializer": "ones"}})";
  EXPECT_EQ(modern(text), Json::parse(text));
}

TEST(Dialect, KnowsThatHardSigmoidWasAnotherFunction) {
  EXPECT_EQ(modern(R"({"class_name": "Dense", "config": {"activation": "hard_sigmoid"}})")["config"],
            Json::parse(R"({"activation": "keras2_hard_sigmoid"})"));
}

TEST(Dialect, RenamesClassesAndArguments) {
  EXPECT_EQ(modern(R"({"class_name": "LeakyReLU", "config": {"alpha": {"type": "ndarray", "value": 0.25}}})"),
            Json::parse(R"({"class_name": "LeakyReLU", "config": {"negative_slope": 0.25}})"));
  EXPECT_EQ(modern(R"({"class_name": "ThresholdedReLU", "config": {"theta": 2.0}})"),
            Json::parse(R"({"class_name": "ReLU", "config": {"threshold": 2.0}})"));
  EXPECT_EQ(modern(R"({"class_name": "BatchNormalizationV1", "config": {"axis": [3], "fused": true}})"),
            Json::parse(R"({"class_name": "BatchNormalization", "config": {"axis": 3}})"));
}

// What tf.keras 2.15 writes of InceptionResNetV2 into `.h5` and into `.keras`.
TEST(Dialect, KnowsTheClassThatKerasRegisteredAsIfItWereAUsers) {
  EXPECT_EQ(modern(R"({"class_name": "Custom>CustomScaleLayer", "config": {"scale": 0.17}})"),
            Json::parse(R"({"class_name": "CustomScaleLayer", "config": {"scale": 0.17}})"));
  EXPECT_EQ(modern(R"({"class_name": "CustomScaleLayer", "config": {"scale": 0.17},
                "registered_name": "Custom>CustomScaleLayer"})")["registered_name"],
            "CustomScaleLayer");
  EXPECT_EQ(
      modern(
          R"({"class_name": "Dense", "config": {}, "registered_name": "Custom>Dense"})")["registered_name"],
      "Custom>Dense");
}

TEST(Dialect, ReadsTheArgumentsOfKeras1) {
  const Json layer = modern(R"({"class_name": "Convolution2D", "config": {"nb_filter": 8, "nb_row": 3,
    "nb_col": 5, "subsample": [2, 2], "border_mode": "same", "dim_ordering": "tf",
    "init": "glorot_uniform", "bias": true, "W_regularizer": null}})",
                            Dialect::keras1);
  EXPECT_EQ(layer["class_name"], "Conv2D");
  EXPECT_EQ(sorted(layer["config"]), sorted(R"({"filters": 8, "kernel_size": [3, 5], "strides": [2, 2],
    "padding": "same", "data_format": "channels_last", "kernel_initializer": "glorot_uniform",
    "use_bias": true, "kernel_regularizer": null})"));
}

TEST(Dialect, LeavesArgumentsOfOnesOwnLayersWithNamesOfKeras1) {
  const char* text = R"({"class_name": "Mine", "config": {"p": 1, "init": 2, "bias": 3}})";
  EXPECT_EQ(modern(text), Json::parse(text));
}

TEST(Dialect, TurnsTuplesAndArraysIntoLists) {
  EXPECT_EQ(modern(R"({"class_name": "Normalization", "config": {
      "axis": {"class_name": "__tuple__", "items": [-1]},
      "mean": {"class_name": "__numpy__", "config": {"value": [1.0, 2.0], "dtype": "float32"}}}})")["config"],
            Json::parse(R"({"axis": [-1], "mean": [1.0, 2.0]})"));
}

TEST(Dialect, GivesASequentialItsInput) {
  const Json model = modern(R"({"class_name": "Sequential", "name": "outer", "config": [
      {"class_name": "Dense", "config": {"name": "d", "units": 2, "dtype": "float64",
                                         "batch_input_shape": [null, 3]}}]})");
  EXPECT_EQ(model["config"]["name"], "outer");
  const Json& layers = model["config"]["layers"];
  ASSERT_EQ(layers.size(), 2U);
  EXPECT_EQ(layers[0]["class_name"], "InputLayer");
  EXPECT_EQ(sorted(layers[0]["config"]),
            sorted(R"({"batch_shape": [null, 3], "dtype": "float64", "name": "d_input"})"));
  EXPECT_FALSE(layers[1]["config"].contains("batch_input_shape"));
}

TEST(Dialect, FindsTheInputOfASequentialInItsFirstModel) {
  const Json model = modern(R"({"class_name": "Sequential", "config": {"name": "outer", "layers": [
      {"class_name": "Sequential", "config": {"name": "inner", "layers": [
          {"class_name": "Dense", "config": {"name": "d", "batch_input_shape": [null, 3]}}]}}]}})");
  EXPECT_EQ(model["config"]["layers"][0]["config"]["batch_shape"], Json::parse("[null, 3]"));
}

TEST(Dialect, TakesTheShapeThatASequentialWasBuiltWith) {
  for (const Dialect dialect : {Dialect::keras2, Dialect::keras3}) {
    const Json model = modern(R"({"class_name": "Sequential", "config": {"name": "s", "layers": []},
                                 "build_config": {"input_shape": [null, 3]}})",
                              dialect);
    EXPECT_EQ(model["config"]["build_input_shape"], Json::parse("[null, 3]"));
  }
  const Json config = modern(R"({"class_name": "Sequential",
      "config": {"layers": [], "build_input_shape": [null, 4]},
      "build_config": {"input_shape": [null, 3]}})")["config"];
  EXPECT_EQ(config["build_input_shape"], Json::parse("[null, 4]"));
}

TEST(Dialect, WritesCallsAsKeras3Does) {
  const Json model = modern(R"({"class_name": "Model", "config": {"name": "m", "layers": [
      {"name": "x", "class_name": "InputLayer", "config": {"batch_input_shape": [null, 3]},
       "inbound_nodes": []},
      {"name": "d", "class_name": "Dense", "config": {},
       "inbound_nodes": [[["x", 0, 0, {}]], [["x", 0, 0, {"training": false}]]]},
      {"name": "sum", "class_name": "Add", "config": {}, "inbound_nodes": [[["d", 0, 0], ["d", 1, 0]]]}],
      "input_layers": [["x", 0, 0]], "output_layers": [["sum", 0, 0]]}})");
  EXPECT_EQ(model["class_name"], "Functional");
  const Json& layers = model["config"]["layers"];
  EXPECT_EQ(layers[1]["inbound_nodes"][0],
            (Json{{"args", Json::array({reference("x", 0)})}, {"kwargs", Json::object()}}));
  EXPECT_EQ(layers[1]["inbound_nodes"][1]["kwargs"], Json::parse(R"({"training": false})"));
  EXPECT_EQ(layers[2]["inbound_nodes"][0]["args"],
            Json::array({Json::array({reference("d", 0), reference("d", 1)})}));
}

// Before Keras 3 the calls of a model inside of a model count from 1 everywhere; Keras 3 counts them so only
// for functional models, and only in the lists of inputs and outputs.
Json model_of_models(const char* first_call, const char* second_call) {
  Json model = Json::parse(R"({"class_name": "Model", "config": {"name": "m", "layers": [
      {"name": "x", "class_name": "InputLayer", "config": {"batch_input_shape": [null, 3]},
       "inbound_nodes": []},
      {"name": "f", "class_name": "Model", "config": {}, "inbound_nodes": [[["x", 0, 0, {}]]]},
      {"name": "s", "class_name": "Sequential", "config": [], "inbound_nodes": []}],
      "input_layers": [["x", 0, 0]], "output_layers": []}})");
  Json& config = model["config"];
  config["layers"][2]["inbound_nodes"] = Json::array({Json::array({Json::parse(first_call)})});
  config["output_layers"] = Json::array({Json::parse(first_call), Json::parse(second_call)});
  modernize(model, Dialect::keras2);
  return config;
}

TEST(Dialect, CountsTheCallsOfModelsAsKeras3Does) {
  const Json config = model_of_models(R"(["f", 1, 0])", R"(["s", 1, 0])");
  EXPECT_EQ(config["layers"][2]["inbound_nodes"][0]["args"][0], reference("f", 0));
  EXPECT_EQ(config["output_layers"], Json::parse(R"([["f", 1, 0], ["s", 0, 0]])"));
}

TEST(Dialect, CountsFromZeroIfTheFileDoes) {
  const Json config = model_of_models(R"(["f", 1, 0])", R"(["s", 0, 0])");
  EXPECT_EQ(config["output_layers"], Json::parse(R"([["f", 1, 0], ["s", 0, 0]])"));
}

TEST(Dialect, TurnsFunctionsOfTensorFlowIntoOperations) {
  const Json layers = modern(R"({"class_name": "Functional", "config": {"name": "m", "layers": [
      {"name": "x", "class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 3]},
       "inbound_nodes": []},
      {"name": "tf.math.subtract", "class_name": "TFOpLambda", "config": {"name": "tf.math.subtract",
       "trainable": true, "dtype": "float32", "function": "math.subtract"},
       "inbound_nodes": [["_CONSTANT_VALUE", -1, 1.0, {"y": ["x", 0, 0], "name": null}]]},
      {"name": "tf.math.foo", "class_name": "TFOpLambda", "config": {"function": "math.foo"},
       "inbound_nodes": []}]}})")["config"]["layers"];
  EXPECT_EQ(layers[1]["module"], "keras.src.ops.numpy");
  EXPECT_EQ(layers[1]["class_name"], "Subtract");
  EXPECT_EQ(layers[1]["config"], Json::parse(R"({"name": "tf.math.subtract"})"));
  EXPECT_EQ(layers[1]["inbound_nodes"],
            Json::array({{{"args", Json::array({1.0, reference("x", 0)})}, {"kwargs", Json::object()}}}));
  EXPECT_EQ(layers[2]["class_name"], "TFOpLambda");
}

TEST(Dialect, TellsAnOperationInALegacyFileFromTheLayerOfItsName) {
  const Json layers = modern(R"({"class_name": "Functional", "config": {"layers": [
      {"class_name": "Add", "config": {"name": "add"}, "name": "add", "inbound_nodes": []},
      {"class_name": "Add", "config": {"name": "a", "trainable": true}, "name": "a",
       "inbound_nodes": []}]}})",
                             Dialect::keras3)["config"]["layers"];
  EXPECT_EQ(layers[0]["module"], "keras.src.ops.numpy");
  EXPECT_FALSE(layers[1].contains("module"));
}

TEST(Dialect, FindsTheOperationsOfTheActivationsAndOfThoseWithArguments) {
  const Json layers = modern(R"({"class_name": "Functional", "config": {"layers": [
      {"class_name": "Relu6", "config": {"name": "r"}, "name": "r", "inbound_nodes": []},
      {"class_name": "Mean", "config": {"name": "m", "axis": [1], "keepdims": true}, "name": "m",
       "inbound_nodes": []},
      {"class_name": "Reshape", "config": {"name": "l", "trainable": true, "target_shape": [3]}, "name": "l",
       "inbound_nodes": []}]}})",
                             Dialect::keras3)["config"]["layers"];
  EXPECT_EQ(layers[0]["module"], "keras.src.ops.nn");
  EXPECT_EQ(layers[1]["module"], "keras.src.ops.numpy");
  EXPECT_FALSE(layers[2].contains("module"));
}

TEST(Dialect, WritesAProductWithATransposedMatrixAsEinsum) {
  const Json layers = modern(R"({"class_name": "Functional", "config": {"name": "m", "layers": [
      {"name": "x", "class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 3, 3]},
       "inbound_nodes": []},
      {"name": "p", "class_name": "TFOpLambda", "config": {"name": "p", "function": "linalg.matmul"},
       "inbound_nodes": [["x", 0, 0, {"b": ["x", 0, 0], "transpose_b": true}]]},
      {"name": "q", "class_name": "TFOpLambda", "config": {"name": "q", "function": "linalg.matmul"},
       "inbound_nodes": [["x", 0, 0, {"b": ["x", 0, 0], "a_is_sparse": true}]]}]}})")["config"]["layers"];
  EXPECT_EQ(layers[1]["class_name"], "Einsum");
  EXPECT_EQ(layers[1]["config"]["subscripts"], "...yk,...xk->...yx");
  EXPECT_EQ(layers[1]["inbound_nodes"][0]["kwargs"], Json::object());
  // What is left over is for the operation to refuse.
  EXPECT_EQ(layers[2]["class_name"], "Matmul");
  EXPECT_EQ(layers[2]["inbound_nodes"][0]["kwargs"], Json::parse(R"({"a_is_sparse": true})"));
}

TEST(Dialect, ReplacesSlashesInNamesAndInReferencesToThem) {
  const Json config = modern(R"({"class_name": "Functional", "config": {"name": "m", "layers": [
      {"name": "a/x", "class_name": "InputLayer", "config": {"name": "a/x", "batch_input_shape": [null, 3]},
       "inbound_nodes": []},
      {"name": "a/d", "class_name": "Dense", "config": {"name": "a/d"},
       "inbound_nodes": [[["a/x", 0, 0, {}]]]}],
      "input_layers": [["a/x", 0, 0]], "output_layers": [["a/d", 0, 0]]}})")["config"];
  EXPECT_EQ(config["layers"][1]["name"], "a_d");
  EXPECT_EQ(config["layers"][1]["config"]["name"], "a_d");
  EXPECT_EQ(config["layers"][1]["inbound_nodes"][0]["args"][0], reference("a_x", 0));
  EXPECT_EQ(config["output_layers"], Json::parse(R"([["a_d", 0, 0]])"));
}

TEST(Dialect, TellsTheCallsOfAttentionThatTheyAreCausal) {
  const Json layers = modern(R"({"class_name": "Functional", "config": {"name": "m", "layers": [
      {"name": "x", "class_name": "InputLayer", "config": {"name": "x", "batch_input_shape": [null, 3, 2]},
       "inbound_nodes": []},
      {"name": "a", "class_name": "Attention", "config": {"name": "a", "causal": true},
       "inbound_nodes": [[["x", 0, 0, {}], ["x", 0, 0, {}]]]},
      {"name": "b", "class_name": "AdditiveAttention", "config": {"name": "b", "causal": false},
       "inbound_nodes": [[["x", 0, 0, {}], ["a", 0, 0, {}]]]}]}})")["config"]["layers"];
  EXPECT_EQ(layers[1]["inbound_nodes"][0]["kwargs"], Json::parse(R"({"use_causal_mask": true})"));
  EXPECT_EQ(layers[2]["inbound_nodes"][0]["kwargs"], Json::object());
  EXPECT_FALSE(layers[1]["config"].contains("causal"));
  EXPECT_FALSE(layers[2]["config"].contains("causal"));
}

TEST(Dialect, ReadsWhatCompileWasGiven) {
  const Json config = modern_compile_config(Json::parse(R"({
      "optimizer_config": {"class_name": "Custom>SGD", "config": {"momentum": 0.5}},
      "loss": "mse", "metrics": [["mae"]], "weighted_metrics": []})"));
  EXPECT_EQ(sorted(config), sorted(R"({"optimizer": {"class_name": "SGD", "config": {"momentum": 0.5}},
      "loss": "mse", "metrics": ["mae"], "weighted_metrics": null})"));
}

// Any value may stand at any place of a file.
TEST(Dialect, PassesOverWhatItDoesNotUnderstand) {
  const Json model = Json::parse(R"({"class_name": "Model", "config": {"name": "m", "layers": [
      {"name": "x", "class_name": "Sequential", "config": [{"class_name": "LeakyReLU", "config": {"alpha": 1,
       "batch_input_shape": [null, 3]}}], "inbound_nodes": [[["x", 0, 0, {"mask": ["x", 0, 0]}]]]}],
      "input_layers": [["x", 0, 0]], "output_layers": {"a": ["x", 0, 0]}}})");
  const Json flat = model.flatten();
  for (const auto& [pointer, value] : flat.items()) {
    for (const Json& replacement :
         {Json(), Json(true), Json(-1), Json(1e300), Json("x"), Json::array(), Json::object(),
          Json::array({"x", 0, 0}), Json::object({{"class_name", 1}, {"config", 2}})}) {
      for (const Dialect dialect : {Dialect::keras1, Dialect::keras2, Dialect::keras3}) {
        Json changed = model;
        changed[Json::json_pointer(pointer)] = replacement;
        EXPECT_NO_THROW(modernize(changed, dialect)) << pointer << " " << replacement;
        EXPECT_NO_THROW(modern_compile_config(changed));
      }
    }
  }
}

}  // namespace
}  // namespace sepal
