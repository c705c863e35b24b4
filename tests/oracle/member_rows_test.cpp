// The specification's rows S: members of the contract that no row of its oracle speaks of.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/layers/registry.h"
#include "sepal/sepal.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_error;
using testing::expect_same_bits;
using testing::expect_values;
using Numbers = std::vector<double>;

const Shape kOne{1, 1, 1, 1};

Tensor one(double value) { return Tensor::full(kOne, value); }

SeparableConv2D six_filters() { return SeparableConv2D({.filters = 6, .kernel_size = 3}); }

// A layer of one number per weight.
SeparableConv2D tiny(SeparableConv2DOptions options, double depthwise, double pointwise) {
  options.filters = 1;
  options.kernel_size = 1;
  SeparableConv2D layer(options);
  layer->build_for({1, 1, 1, 1});
  layer->set_weights({one(depthwise), one(pointwise), Tensor::full({1}, 1.0)});
  return layer;
}

Numbers items_of(const Tensors& losses) {
  Numbers values;
  for (const Tensor& loss : losses) values.push_back(loss.item());
  return values;
}

std::vector<std::string> names_of(const std::vector<Variable>& variables) {
  std::vector<std::string> names;
  for (const Variable& variable : variables) names.push_back(variable.name());
  return names;
}

std::vector<std::string> keys_of(const Json& config) {
  std::vector<std::string> keys;
  for (const auto& item : config.items()) keys.push_back(item.key());
  return keys;
}

TEST(OracleRows, S2_TheClassIsALayerAndAnOperation) {
  const Ref<Layer> layer = six_filters();
  EXPECT_NE(std::dynamic_pointer_cast<Operation>(layer.shared()), nullptr);
  EXPECT_EQ(layer->class_name(), "SeparableConv2D");
}

TEST(OracleRows, S3_NothingStandsBetweenTheTwoConvolutions) {
  // relu between the two would give relu(-1 * relu(-1 * 2) + 1) = 1, a bias between them another number.
  EXPECT_EQ(tiny({.activation = "relu"}, -1, -1)(one(2)).item(), 3);
}

TEST(OracleRows, S9_S66_LayersFromFilesTakeWhatKeras3Takes) {
  Json config = six_filters()->get_config();
  config["strides"] = config["dilation_rate"] = 2;
  const std::shared_ptr<Layer> layer =
      layer_from_envelope({{"class_name", "SeparableConv2D"}, {"config", config}}, "file");
  EXPECT_TRUE(layer->drops_masks());
  const Tensor masked = layers::Masking()(Tensor::ones({1, 9, 9, 3}));
  ASSERT_TRUE(masked.mask().defined());
  const Tensor y = (*layer)(masked);
  EXPECT_EQ(y.shape(), (Shape{1, 3, 3, 6}));
  EXPECT_FALSE(y.mask().defined());
}

Tensor doubled(const Tensor& x) { return ops::multiply(x, 2.0); }

TEST(OracleRows, S13_AFunctionWithoutANameHasNoConfig) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .activation = doubled});
  EXPECT_EQ(layer->options().activation(one(2)).item(), 4);
  expect_error<ValueError>([&] { (void)layer->get_config(); }, {"activation"});
}

TEST(OracleRows, S15_S16_NoInitializerMeansGlorotUniform) {
  const SeparableConv2D layer(
      {.filters = 6, .kernel_size = 3, .depthwise_initializer = nullptr, .pointwise_initializer = nullptr});
  layer->build_for({kNone, 5, 5, 3});
  // Limits: sqrt(6 / (27 + 9)) and sqrt(6 / (3 + 6)).
  const Numbers limits{0.40824830, 0.81649659};
  for (std::size_t i = 0; i < 2; ++i) {
    double largest = 0.0;
    for (const float value : layer->get_weights()[i].values<float>()) {
      largest = std::max(largest, std::abs(static_cast<double>(value)));
    }
    EXPECT_LE(largest, limits[i]);
    EXPECT_GT(largest, 0.4 * limits[i]);
  }
}

TEST(OracleRows, S17_TheBiasInitializerIsHonoured) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 1, .bias_initializer = "ones"});
  layer->build_for({1, 1, 1, 1});
  expect_values(layer->get_weights()[2], {2}, {1, 1});
  EXPECT_EQ(layer->get_config()["bias_initializer"]["class_name"], "Ones");
}

TEST(OracleRows, S18_S19_S20_EachRegularizerSeesItsWholeWeight) {
  const SeparableConv2D layer({.filters = 2,
                               .kernel_size = {1, 2},
                               .depthwise_initializer = "ones",
                               .pointwise_initializer = "ones",
                               .bias_initializer = "ones",
                               .depthwise_regularizer = regularizers::L2({.l2 = 1.0}),
                               .pointwise_regularizer = regularizers::L2({.l2 = 10.0}),
                               .bias_regularizer = regularizers::L2({.l2 = 100.0})});
  EXPECT_TRUE(layer->losses().empty());
  layer->build_for({1, 1, 2, 3});
  // 2 * 3 numbers, 3 * 2 and 2: each once, in the order of the weights.
  EXPECT_EQ(items_of(layer->losses()), (Numbers{6, 60, 200}));
  layer->build_for({1, 1, 2, 3});
  EXPECT_EQ(layer->losses().size(), 3U);
  layer->set_weights({Tensor::zeros({1, 2, 3, 1}), Tensor::zeros({1, 1, 3, 2}), Tensor::zeros({2})});
  EXPECT_EQ(items_of(layer->losses()), (Numbers{0, 0, 0}));
}

TEST(OracleRows, S22_S23_S24_EachConstraintHoldsItsOwnWeight) {
  for (const std::size_t constrained : {0U, 1U, 2U}) {
    SeparableConv2DOptions options;
    (constrained == 0   ? options.depthwise_constraint
     : constrained == 1 ? options.pointwise_constraint
                        : options.bias_constraint) = "non_neg";
    const SeparableConv2D layer = tiny(options, 1, 1);
    const std::vector<Variable> weights = layer->weights();
    optimizers::SGD({.learning_rate = 1.0})->apply({one(3), one(3), Tensor::full({1}, 3.0)}, weights);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_EQ(weights[i].value().at(0), i == constrained ? 0.0 : -2.0);
  }
}

TEST(OracleRows, S27_S33_TrainableIsAnArgumentAndASetting) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .trainable = false});
  layer->build_for({1, 1, 1, 1});
  EXPECT_FALSE(layer->trainable());
  EXPECT_TRUE(layer->trainable_weights().empty());
  EXPECT_EQ(layer->get_config()["trainable"], false);
  layer->set_trainable(true);
  EXPECT_EQ(layer->trainable_weights().size(), 3U);
}

TEST(OracleRows, S34_TheInputSpecLearnsTheChannels) {
  const SeparableConv2D last = six_filters();
  const SeparableConv2D first({.filters = 6, .kernel_size = 3, .data_format = "channels_first"});
  EXPECT_FALSE(last->built());
  ASSERT_EQ(last->input_spec().size(), 1U);
  EXPECT_EQ(last->input_spec()[0].ndim, 4);
  EXPECT_TRUE(last->input_spec()[0].axes.empty());
  last->build_for({kNone, 5, 5, 3});
  first->build_for({kNone, 3, 5, 5});
  EXPECT_TRUE(last->built());
  EXPECT_EQ(last->input_spec()[0].ndim, 4);
  const auto axis_of = [](const SeparableConv2D& layer) {
    EXPECT_EQ(layer->input_spec()[0].axes.size(), 1U);
    const auto [axis, length] = *layer->input_spec()[0].axes.begin();
    EXPECT_EQ(length, 3);
    return (axis + 4) % 4;
  };
  EXPECT_EQ(axis_of(last), 3);
  EXPECT_EQ(axis_of(first), 1);
}

TEST(OracleRows, S35_TheNameStaysAsItWasGiven) {
  const SeparableConv2D layer({.filters = 6, .kernel_size = 3, .name = "sep"});
  (void)layer(Tensor::ones({1, 5, 5, 3}));
  clear_session();
  EXPECT_EQ(layer->name(), "sep");
  EXPECT_EQ(layer->get_config()["name"], "sep");
}

TEST(OracleRows, S37_InputsDoNotChangeTheDtype) {
  const SeparableConv2D layer = six_filters();
  EXPECT_EQ(layer->dtype(), DType::float32);
  EXPECT_EQ(layer(Tensor::ones({1, 5, 5, 3}, DType::float64)).dtype(), DType::float32);
  EXPECT_EQ(layer->dtype(), DType::float32);
  for (const Variable& weight : layer->weights()) EXPECT_EQ(weight.dtype(), DType::float32);
}

TEST(OracleRows, S38_TheGraphIsThatOfTheConstruction) {
  const SeparableConv2D before = six_filters();
  EXPECT_EQ(before->graph(), six_filters()->graph());
  clear_session();
  const SeparableConv2D after = six_filters();
  EXPECT_NE(after->graph(), before->graph());
  (void)before(Tensor::ones({1, 5, 5, 3}));
  EXPECT_NE(after->graph(), before->graph());
}

TEST(OracleRows, S45_LossesOfCallsAreThoseOfTheLastExceptAsTensorFlow14) {
  const auto losses_after = [](const Numbers& inputs) {
    const SeparableConv2D layer = tiny({.depthwise_regularizer = regularizers::L1({.l1 = 1.0}),
                                        .activity_regularizer = regularizers::L1({.l1 = 1.0})},
                                       2, 3);
    for (const double input : inputs) (void)layer(one(input));
    return items_of(layer->losses());
  };
  EXPECT_EQ(losses_after({}), (Numbers{2}));
  EXPECT_EQ(losses_after({1, 10}), (Numbers{2, 61}));
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  EXPECT_EQ(losses_after({1, 10}), (Numbers{2, 7, 61}));
}

TEST(OracleRows, S46_TheLayerMakesNoUpdates) {
  const SeparableConv2D layer = six_filters();
  (void)layer(Tensor::ones({1, 5, 5, 3}), {.training = true});
  EXPECT_TRUE(layer->updates().empty());
}

TEST(OracleRows, S48_S49_S50_WeightsAreListedInTheOrderOfTheirCreation) {
  const SeparableConv2D layer = six_filters();
  EXPECT_TRUE(layer->weights().empty());
  layer->build_for({kNone, 5, 5, 3});
  const std::vector<std::string> order{"depthwise_kernel", "pointwise_kernel", "bias"};
  EXPECT_EQ(names_of(layer->trainable_weights()), order);
  EXPECT_TRUE(layer->non_trainable_weights().empty());
  EXPECT_EQ(names_of(layer->weights()), order);
  (void)layer->add_weight({.shape = {1}, .trainable = false, .name = "count"});
  (void)layer->add_variable("scale", {1});
  EXPECT_EQ(names_of(layer->trainable_weights()),
            (std::vector<std::string>{"depthwise_kernel", "pointwise_kernel", "bias", "scale"}));
  EXPECT_EQ(names_of(layer->non_trainable_weights()), (std::vector<std::string>{"count"}));
  EXPECT_EQ(names_of(layer->weights()),
            (std::vector<std::string>{"depthwise_kernel", "pointwise_kernel", "bias", "scale", "count"}));
  layer->set_trainable(false);
  EXPECT_EQ(layer->non_trainable_weights(), layer->weights());
}

TEST(OracleRows, S51_S52_S53_VariablesAreTheWeights) {
  const SeparableConv2D layer = six_filters();
  layer->build_for({kNone, 5, 5, 3});
  (void)layer->add_weight({.shape = {1}, .trainable = false, .name = "count"});
  for (const bool trainable : {true, false}) {
    layer->set_trainable(trainable);
    EXPECT_EQ(layer->variables(), layer->weights());
    EXPECT_EQ(layer->trainable_variables(), layer->trainable_weights());
    EXPECT_EQ(layer->non_trainable_variables(), layer->non_trainable_weights());
    EXPECT_EQ(layer->trainable_variables().size(), trainable ? 3U : 0U);
    EXPECT_EQ(layer->non_trainable_variables().size(), trainable ? 1U : 4U);
  }
}

TEST(OracleRows, S54_ArgumentsAreCheckedInTheOrderOfThePage) {
  SeparableConv2DOptions options{.kernel_size = {1, 2, 3},
                                 .strides = {1, 2, 3},
                                 .padding = "full",
                                 .data_format = "nchw",
                                 .dilation_rate = {1, 2, 3},
                                 .name = "a/b"};
  const auto refused_for = [&](const char* argument) {
    expect_error<ValueError>([&] { const SeparableConv2D layer(options); }, {argument});
  };
  // Objects by name come first of all: they are read where the options are written.
  expect_error<ValueError>([&] { options.activation = "foo"; }, {"activation", "foo"});
  refused_for("`name`");
  options.name = "a";
  refused_for("`kernel_size`");
  options.kernel_size = 2;
  refused_for("`strides`");
  options.strides = 2;
  refused_for("`padding`");
  options.padding = "same";
  refused_for("`data_format`");
  options.data_format = "channels_last";
  refused_for("`dilation_rate`");
  options.dilation_rate = 2;
  refused_for("`filters`");
  options.filters = 1;
  refused_for("strides=(2, 2)");
}

TEST(OracleRows, S59_UpdatesOfAFrozenLayerStay) {
  const SeparableConv2D layer = six_filters();
  layer->add_update([] {});
  layer->set_trainable(false);
  EXPECT_EQ(layer->updates().size(), 1U);
}

TEST(OracleRows, S61_TheDefaultInitializerFollowsTheDtype) {
  const SeparableConv2D layer = six_filters();
  // glorot_uniform would draw from within sqrt(3): of 64 draws some would not be cut to 0.
  for (int i = 0; i < 64; ++i) {
    const Variable count = layer->add_variable("count" + std::to_string(i), {1}, {.dtype = DType::int32});
    EXPECT_EQ(count.dtype(), DType::int32);
    EXPECT_EQ(count.value().item(), 0);
  }
  const Variable scale = layer->add_variable("scale", {2, 3});
  EXPECT_EQ(scale.dtype(), DType::float32);
  // glorot_uniform: within sqrt(6 / 5), and not all the same.
  EXPECT_NE(scale.value().at(0), scale.value().at(1));
  for (const float value : scale.value().values<float>()) EXPECT_LE(std::abs(value), 1.0954452F);
}

TEST(OracleRows, S61_ARegularizerOfAVariableIsALoss) {
  const SeparableConv2D layer = six_filters();
  (void)layer->add_variable("scale", {3},
                            {.initializer = "ones", .regularizer = regularizers::L2({.l2 = 2.0})});
  EXPECT_EQ(items_of(layer->losses()), (Numbers{6}));
  EXPECT_EQ(items_of(layer->get_losses_for(nullptr)), (Numbers{6}));
}

TEST(OracleRows, S62_AddWeightReadsNamesAndTakesTheDtypeOfTheLayer) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 1, .dtype = DType::float64});
  const Variable scale = layer->add_weight(
      {.shape = {2}, .initializer = "ones", .name = "scale", .regularizer = "l2", .constraint = "non_neg"});
  EXPECT_EQ(scale.dtype(), DType::float64);
  expect_values(scale.value(), {2}, {1, 1});
  EXPECT_NEAR(layer->losses()[0].item(), 0.02, 1e-15);
  expect_values(scale.constraint()(Tensor::from({-1.0, 2.0}, {2})), {2}, {0, 2});
  expect_error<ValueError>(
      [&] { (void)layer->add_weight({.shape = {2}, .initializer = "foo", .name = "other"}); },
      {"initializer", "foo"});
}

TEST(OracleRows, S63_ApplyRecordsACallAsCallingDoes) {
  const SeparableConv2D layer = six_filters();
  const KerasTensor x = Input({.shape = {5, 5, 3}});
  const KerasTensor y = layer->apply(x);
  EXPECT_EQ(layer->inbound_nodes().size(), 1U);
  EXPECT_EQ(layer->input(), x);
  EXPECT_EQ(layer->output(), y);
}

TEST(OracleRows, S64_BuildMakesWeightsAndNoNode) {
  const SeparableConv2D layer = six_filters();
  layer->build_for({kNone, 5, 5, 3});
  EXPECT_TRUE(layer->built());
  EXPECT_TRUE(layer->inbound_nodes().empty());
  const std::vector<Variable> weights = layer->weights();
  layer->build_for({kNone, 5, 5, 3});
  EXPECT_EQ(layer->weights(), weights);
}

TEST(OracleRows, S69_TheConfigHasTheKeysOfKeras3) {
  const SeparableConv2D layer({.filters = 6, .kernel_size = 3, .name = "sep"});
  auto keys = keys_of(layer->get_config());
  std::sort(keys.begin(), keys.end());
  EXPECT_EQ(keys, (std::vector<std::string>{"activation",
                                            "activity_regularizer",
                                            "bias_constraint",
                                            "bias_initializer",
                                            "bias_regularizer",
                                            "data_format",
                                            "depth_multiplier",
                                            "depthwise_constraint",
                                            "depthwise_initializer",
                                            "depthwise_regularizer",
                                            "dilation_rate",
                                            "dtype",
                                            "filters",
                                            "kernel_size",
                                            "name",
                                            "padding",
                                            "pointwise_constraint",
                                            "pointwise_initializer",
                                            "pointwise_regularizer",
                                            "strides",
                                            "trainable",
                                            "use_bias"}));
}

TEST(OracleRows, S72_S73_ShapesBelongToTheirNode) {
  const SeparableConv2D layer = six_filters();
  const KerasTensor first = layer(Input({.shape = {5, kNone, 3}}));
  const KerasTensor second = layer(Input({.batch_shape = {2, 7, 6, 3}}));
  EXPECT_EQ(layer->get_input_shape_at(0), (Shape{kNone, 5, kNone, 3}));
  EXPECT_EQ(layer->get_output_shape_at(0), (Shape{kNone, 3, kNone, 6}));
  EXPECT_EQ(layer->get_input_shape_at(1), (Shape{2, 7, 6, 3}));
  EXPECT_EQ(layer->get_output_shape_at(1), (Shape{2, 5, 4, 6}));
  expect_error<ValueError>([&] { (void)layer->get_input_shape_at(2); }, {"input shape at node 2"});
  const layers::Add add;
  const KerasTensor sum = add({first, first});
  EXPECT_EQ(add->get_input_shape_at(0).size(), 2U);
}

TEST(OracleRows, S41_S42_S74_S75_MasksBelongToTheirNode) {
  const KerasTensor plain = Input({.shape = {4, 3}});
  const KerasTensor masked = layers::Masking()(plain);
  const layers::Activation hands_on({.activation = "relu"});
  const KerasTensor first = hands_on(masked);
  EXPECT_EQ(hands_on->input_mask(), masked.mask());
  EXPECT_EQ(hands_on->output_mask()->shape(), (Shape{kNone, 4}));
  const KerasTensor second = hands_on(plain);
  EXPECT_EQ(hands_on->get_input_mask_at(0), masked.mask());
  EXPECT_EQ(hands_on->get_output_mask_at(0), first.mask());
  EXPECT_FALSE(hands_on->get_input_mask_at(1)->defined());
  EXPECT_FALSE(hands_on->get_output_mask_at(1)->defined());
  expect_error<ValueError>([&] { (void)hands_on->get_output_mask_at(2); }, {"output mask at node 2"});
}

TEST(OracleRows, S78_GetWeightsGivesCopies) {
  const SeparableConv2D layer = tiny({}, 2, 3);
  Tensors copies = layer->get_weights();
  copies[0].mutable_data<float>()[0] = 7;
  EXPECT_EQ(layer->get_weights()[0].item(), 2);
  const Tensor before = layer->get_weights()[1];
  layer->set_weights({one(5), one(6), Tensor::zeros({1})});
  EXPECT_EQ(before.item(), 3);
}

TEST(OracleRows, S79_SetWeightsConvertsTheDtype) {
  const SeparableConv2D layer = tiny({}, 2, 3);
  layer->set_weights({Tensor::full(kOne, 0.5, DType::float64), Tensor::full(kOne, 4, DType::int32),
                      Tensor::full({1}, 1, DType::float64)});
  for (const Tensor& weight : layer->get_weights()) EXPECT_EQ(weight.dtype(), DType::float32);
  EXPECT_EQ(layer->get_weights()[0].item(), 0.5);
  EXPECT_EQ(layer->get_weights()[1].item(), 4);
}

}  // namespace
}  // namespace sepal
