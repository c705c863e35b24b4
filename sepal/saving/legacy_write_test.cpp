// What stands in the legacy `.h5` files that are written here.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <iterator>
#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/load_model.h"
#include "sepal/saving/save_model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/golden_models.h"
#include "tests/support/small_models.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::expect_same_weights;
using testing::expect_training_goes_on;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using testing::kGolden;
using testing::kX;
using testing::kY;
using testing::load_quietly;

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

TEST(SaveModel, WritesTheLegacyLayoutOfKeras) {
  const testing::TemporaryFolder temporary;
  const Model model = model_for_h5("adam");
  model->train_on_batch(kX, kY);
  model->save(temporary / "m.h5");
  const H5File file(read_file(temporary / "m.h5", 1 << 20), "m");
  EXPECT_EQ(file.string_attribute("", "backend"), "tensorflow");
  EXPECT_EQ(file.string_attribute("", "keras_version"), "2.15.0");
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
  // Keras 3.15 builds the optimizer for no variables where it finds "optimizer_weights", and then cannot
  // train.
  EXPECT_FALSE(file.has_group("optimizer_weights"));
  EXPECT_EQ(file.string_list_attribute("sepal_optimizer_weights", "weight_names")->at(2),
            "adam/conv_depthwise_kernel_momentum");
}

Json attribute_of(const std::string& path, const char* name) {
  return Json::parse(*H5File(read_file(path, 1 << 20), "m").string_attribute("", name));
}

std::string version_of(const std::string& path) {
  return *H5File(read_file(path, 1 << 20), "m").string_attribute("", "keras_version");
}

// tf.keras 2.15 and Keras 3.15 both load such a file: scripts/check_legacy_files.py.
TEST(SaveModel, WritesALegacyConfigThatTwoGenerationsOfKerasRead) {
  const testing::TemporaryFolder temporary;
  const Sequential model({Input({.shape = {6, 6, 2}, .name = "image"}),
                          layers::SeparableConv2D({.filters = 3, .kernel_size = 3, .name = "conv"}),
                          layers::BatchNormalization({.name = "norm"}),
                          layers::LeakyReLU({.negative_slope = 0.25, .name = "leaky"}),
                          layers::LayerNormalization({.name = "layer_norm"}),
                          layers::Resizing({.height = 3, .width = 3}),
                          layers::Dense({.units = 2, .name = "head"})});
  model->save(temporary / "m.h5");
  const Json layers = attribute_of(temporary / "m.h5", "model_config")["config"]["layers"];
  EXPECT_EQ(nlohmann::json(layers[0]["config"]),
            nlohmann::json::parse(R"({"batch_input_shape": [null, 6, 6, 2],
      "dtype": "float32", "sparse": false, "ragged": false, "name": "image"})"));
  // Not one key that tf.keras 2.15 has not, and none of "groups" and "kernel_initializer", which Keras 3
  // refuses.
  EXPECT_EQ(nlohmann::json(layers[1]["config"]), nlohmann::json::parse(R"({"name": "conv", "trainable": true,
      "dtype": "float32", "depth_multiplier": 1, "filters": 3, "kernel_size": [3, 3], "strides": [1, 1],
      "padding": "valid", "data_format": "channels_last", "dilation_rate": [1, 1], "activation": "linear",
      "use_bias": true,
      "depthwise_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform",
                                "config": {"seed": null}, "registered_name": null},
      "pointwise_initializer": {"module": "keras.initializers", "class_name": "GlorotUniform",
                                "config": {"seed": null}, "registered_name": null},
      "bias_initializer": {"module": "keras.initializers", "class_name": "Zeros", "config": {},
                           "registered_name": null},
      "depthwise_regularizer": null, "pointwise_regularizer": null, "bias_regularizer": null,
      "activity_regularizer": null, "depthwise_constraint": null, "pointwise_constraint": null,
      "bias_constraint": null})"));
  EXPECT_FALSE(layers[2]["config"].contains("renorm"));
  EXPECT_EQ(
      nlohmann::json(layers[3]["config"]),
      nlohmann::json::parse(R"({"name": "leaky", "trainable": true, "dtype": "float32", "alpha": 0.25})"));
  EXPECT_FALSE(layers[4]["config"].contains("rms_scaling"));
  EXPECT_FALSE(layers[5]["config"].contains("pad_to_aspect_ratio"));
  EXPECT_FALSE(layers[6]["config"].contains("quantization_config"));
}

TEST(SaveModel, KeepsBatchRenormalizationForBothGenerationsOfKeras) {
  const testing::TemporaryFolder temporary;
  const Sequential model({Input({.shape = {2}}), layers::BatchNormalization({.renorm = true})});
  model->save(temporary / "m.h5");
  EXPECT_EQ(version_of(temporary / "m.h5"), "2.15.0");
  const Json layers = attribute_of(temporary / "m.h5", "model_config")["config"]["layers"];
  EXPECT_EQ(layers[1]["config"]["renorm"], true);
  EXPECT_EQ(layers[1]["config"]["renorm_clipping"], Json::object());
}

// tf.keras 2 counts the calls of a nested model from 1, Keras 3 from 0.
TEST(SaveModel, ListsCallsOfANestedModelTwice) {
  const testing::TemporaryFolder temporary;
  const KerasTensor inner_input = Input({.shape = {3}});
  const Model inner(inner_input, layers::Dense({.units = 3, .name = "d"})(inner_input), "inner");
  const Sequential chain({Input({.shape = {3}}), layers::Dense({.units = 3})}, "chain");
  const KerasTensor left = Input({.shape = {3}, .name = "left"});
  const KerasTensor right = Input({.shape = {3}, .name = "right"});
  const KerasTensor sum = layers::Add({.name = "sum"})({inner(left), inner(right)});
  const Model model({left, right}, {chain(sum), inner(sum)}, "outer");
  model->save(temporary / "m.h5");
  const Json config = attribute_of(temporary / "m.h5", "model_config")["config"];
  std::map<std::string, Json> nodes;
  for (const Json& layer : config["layers"]) nodes[layer["name"]] = layer["inbound_nodes"];
  EXPECT_EQ(nodes["left"], Json::parse("[]"));
  EXPECT_EQ(nodes["inner"], Json::parse(R"([[["left", 0, 0, {}]], [["left", 0, 0, {}]], [["right", 0, 0, {}]],
      [["right", 0, 0, {}]], [["sum", 0, 0, {}]], [["sum", 0, 0, {}]]])"));
  EXPECT_EQ(nodes["sum"], Json::parse(R"([[["inner", 1, 0, {}], ["inner", 3, 0, {}]]])"));
  EXPECT_EQ(nodes["chain"], Json::parse(R"([[["sum", 0, 0, {}]], [["sum", 0, 0, {}]]])"));
  EXPECT_EQ(config["input_layers"], Json::parse(R"([["left", 0, 0], ["right", 0, 0]])"));
  EXPECT_EQ(config["output_layers"], Json::parse(R"([["chain", 1, 0], ["inner", 5, 0]])"));
  EXPECT_EQ(load_model(temporary / "m.h5")->to_envelope(), model->to_envelope());
}

TEST(SaveModel, KeepsToKeras3WhatTfKerasLacks) {
  const KerasTensor x = Input({.shape = {3}});
  const KerasTensor inner_input = Input({.shape = {3}});
  const Model inner(inner_input, layers::Dense({.units = 3})(inner_input), "inner");
  const KerasTensor y = inner(x);
  const Model models[] = {
      Model(x, layers::Activation({.activation = "celu", .name = "act"})(x), "celu"),
      Model(x, layers::Dense({.units = 1, .activation = "hard_sigmoid", .name = "act"})(x), "hard"),
      Model(x, layers::RMSNormalization()(x), "rms"),
      Model(x, layers::Dense({.units = 1, .name = "a layer"})(x), "space"),
      Model(x, {y, layers::Dense({.units = 1})(y)}, "output_inside"),
  };
  const char* problems[] = {"layer 'act': field 'activation' is \"celu\"",
                            "layer 'act': field 'activation' is \"hard_sigmoid\"",
                            "the class 'RMSNormalization'", "the name \"a layer\"",
                            "the output of the nested model 'inner' is also an output"};
  const testing::TemporaryFolder temporary;
  for (std::size_t i = 0; i < std::size(models); ++i) {
    models[i]->save(temporary / "m.h5");
    EXPECT_EQ(version_of(temporary / "m.h5"), "3.15.1") << problems[i];
    EXPECT_EQ(attribute_of(temporary / "m.h5", "model_config"), models[i]->to_envelope());
    EXPECT_THAT(testing::error_text<ValueError>([&] {
                  save_model(*models[i], temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
                }),
                AllOf(HasSubstr("cannot be saved for tf.keras 2"), HasSubstr(problems[i])));
  }
}

TEST(SaveModel, LeavesOptimizerSettingsOutThatTfKerasDoesNotKnow) {
  const testing::TemporaryFolder temporary;
  const Model model = model_for_h5("adam");
  model->save(temporary / "m.h5");
  EXPECT_EQ(nlohmann::json(attribute_of(temporary / "m.h5", "training_config")["optimizer_config"]["config"]),
            nlohmann::json::parse(R"({"name": "adam", "learning_rate": 0.0010000000474974513, "beta_1": 0.9,
                "beta_2": 0.999, "epsilon": 1e-07, "amsgrad": false})"));
  // As tf.keras 2.15 writes RMSprop.
  model->compile({.optimizer = optimizers::RMSprop({.ema_overwrite_frequency = 100}), .loss = "mse"});
  model->save(temporary / "m.h5");
  EXPECT_FALSE(attribute_of(temporary / "m.h5", "training_config")["optimizer_config"]["config"].contains(
      "weight_decay"));
  model->compile({.optimizer = optimizers::Adam({.weight_decay = 0.5}), .loss = "mse"});
  model->save(temporary / "m.h5");
  EXPECT_EQ(attribute_of(temporary / "m.h5", "training_config")["optimizer_config"]["config"]["weight_decay"],
            0.5);
}

TEST(SaveModel, WritesTheOptimizerAsTfKerasDoesIfItIsToReadTheFile) {
  const testing::TemporaryFolder temporary;
  const Model model = model_for_h5("adam");
  model->train_on_batch(kX, kY);
  save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
  const Json optimizer = attribute_of(temporary / "m.h5", "training_config")["optimizer_config"];
  EXPECT_EQ(optimizer["class_name"], "Custom>Adam");
  EXPECT_EQ(optimizer["config"]["is_legacy_optimizer"], false);
  EXPECT_FALSE(optimizer["config"].contains("loss_scale_factor"));
  const H5File file(read_file(temporary / "m.h5", 1 << 20), "m");
  const std::vector<std::string> names = *file.string_list_attribute("optimizer_weights", "weight_names");
  EXPECT_EQ(names[0], "adam/iteration");
  EXPECT_EQ(names[1], "adam/conv_depthwise_kernel_momentum");
  EXPECT_EQ(names.size(), model->optimizer()->variables().size() - 1);
  const Model again = load_model(temporary / "m.h5");
  EXPECT_EQ(again->optimizer()->iterations(), 1);
  const Variables state = model->optimizer()->variables();
  const Variables loaded = again->optimizer()->variables();
  ASSERT_EQ(loaded.size(), state.size());
  for (std::size_t i = 0; i < state.size(); ++i)
    testing::expect_same_bits(loaded[i].value(), state[i].value());
}

// tf.keras has another class for it, which saves the state of the optimizer inside alone.
TEST(SaveModel, WritesTheScaleOfTheLossAsTfKerasDoes) {
  const testing::TemporaryFolder temporary;
  const Model model = model_for_h5("adam");
  model->compile(
      {.optimizer = optimizers::LossScaleOptimizer({.inner_optimizer = optimizers::Adam()}), .loss = "mse"});
  model->train_on_batch(kX, kY);
  save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
  const Json optimizer = attribute_of(temporary / "m.h5", "training_config")["optimizer_config"];
  EXPECT_EQ(optimizer["class_name"], "LossScaleOptimizerV3");
  EXPECT_EQ(optimizer["config"].size(), 4U);
  EXPECT_EQ(optimizer["config"]["dynamic"], true);
  EXPECT_EQ(optimizer["config"]["initial_scale"], 32768.0);
  EXPECT_EQ(optimizer["config"]["dynamic_growth_steps"], 2000);
  const Json& inner = optimizer["config"]["inner_optimizer"];
  EXPECT_EQ(inner["class_name"], "Adam");
  EXPECT_EQ(inner["config"]["is_legacy_optimizer"], false);
  EXPECT_FALSE(inner["config"].contains("loss_scale_factor"));
  const H5File file(read_file(temporary / "m.h5", 1 << 20), "m");
  const std::vector<std::string> names = *file.string_list_attribute("optimizer_weights", "weight_names");
  EXPECT_EQ(names[0], "adam/iteration");
  EXPECT_EQ(names[1], "adam/conv_depthwise_kernel_momentum");
  const Model again = load_model(temporary / "m.h5");
  EXPECT_EQ(again->optimizer()->class_name(), std::string("LossScaleOptimizer"));
  EXPECT_EQ(again->optimizer()->inner_optimizer()->iterations(), 1);
}

TEST(SaveModel, WritesTheOldHardSigmoidForTfKerasAlone) {
  const testing::TemporaryFolder temporary;
  const KerasTensor x = Input({.shape = {3}});
  const Model model(x, layers::Activation({.activation = "keras2_hard_sigmoid"})(x));
  model->save(temporary / "m.h5");
  EXPECT_EQ(version_of(temporary / "m.h5"), "3.15.1");
  save_model(*model, temporary / "m.h5", {.legacy_reader = LegacyReader::keras2});
  EXPECT_EQ(attribute_of(temporary / "m.h5", "model_config")["config"]["layers"][1]["config"]["activation"],
            "hard_sigmoid");
  EXPECT_EQ(load_model(temporary / "m.h5")->to_envelope(), model->to_envelope());
}

TEST(SaveModel, WritesBfloat16AsFloat32IntoLegacyFiles) {
  const testing::TemporaryFolder temporary;
  const Model model = load_quietly(kGolden + "models/policy_model_bfloat16__k315/model.h5");
  model->save(temporary / "m.h5");
  const H5File file(read_file(temporary / "m.h5", 1 << 20), "m");
  for (const auto& [path, dataset] : file.datasets()) EXPECT_NE(dataset.dtype, DType::bfloat16) << path;
  expect_same_weights(load_model(temporary / "m.h5"), model);
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
    expect_training_goes_on(model_for_h5(optimizer), temporary / "m.h5", kX, kY);
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

}  // namespace
}  // namespace sepal
