// The founding layer against the specification's oracle: rows T, N, G and E that go through the layer.
#include "sepal/layers/convolutional/separable_conv2d.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_error;
using testing::ramp;

Shape output_shape(const SeparableConv2D& layer, const Shape& input) {
  return layer->output_shapes_for({input})[0];
}

TEST(SeparableConv2D, HasTheShapesOfTheOracle) {
  EXPECT_EQ(output_shape(SeparableConv2D({.filters = 6, .kernel_size = 3}), {2, 7, 6, 3}),
            (Shape{2, 5, 4, 6}));
  EXPECT_EQ(output_shape(SeparableConv2D({.filters = 6, .kernel_size = 3, .strides = 2, .padding = "same"}),
                         {kNone, kNone, kNone, 3}),
            (Shape{kNone, kNone, kNone, 6}));
  EXPECT_EQ(
      output_shape(SeparableConv2D({.filters = 5, .kernel_size = 2, .depth_multiplier = 5}), {3, 5, 5, 4}),
      (Shape{3, 4, 4, 5}));
  EXPECT_EQ(
      output_shape(
          SeparableConv2D(
              {.filters = 6, .kernel_size = 2, .padding = "same", .dilation_rate = 2, .depth_multiplier = 6}),
          {3, 4, 4, 4}),
      (Shape{3, 4, 4, 6}));
  EXPECT_EQ(output_shape(SeparableConv2D({.filters = 6, .kernel_size = 2, .strides = 2}), {3, 5, 5, 4}),
            (Shape{3, 2, 2, 6}));
  EXPECT_EQ(output_shape(SeparableConv2D({.filters = 8, .kernel_size = 3, .data_format = "channels_first"}),
                         {2, 3, 7, 6}),
            (Shape{2, 8, 5, 4}));
  EXPECT_EQ(output_shape(SeparableConv2D({.filters = 4, .kernel_size = 3, .strides = 3}), {4, 10, 10, 12}),
            (Shape{4, 3, 3, 4}));
}

TEST(SeparableConv2D, HasTheWeightsOfTheOracle) {
  const SeparableConv2D layer({.filters = 8, .kernel_size = 3, .data_format = "channels_first"});
  layer->build_for({{2, 3, 7, 6}});
  const std::vector<Variable> weights = layer->weights();
  ASSERT_EQ(weights.size(), 3U);
  EXPECT_EQ(weights[0].shape(), (Shape{3, 3, 3, 1}));
  EXPECT_EQ(weights[1].shape(), (Shape{1, 1, 3, 8}));
  EXPECT_EQ(weights[2].shape(), (Shape{8}));
  const SeparableConv2D without_bias({.filters = 6, .kernel_size = 3, .use_bias = false});
  without_bias->build_for({{2, 7, 6, 3}});
  EXPECT_EQ(without_bias->count_params(), 45);
}

// Row N9d, and N16 for the activation's axis.
TEST(SeparableConv2D, ComputesTheOraclesNumbers) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 2, .depth_multiplier = 2});
  layer->build_for({{1, 3, 3, 2}});
  layer->set_weights({ramp({2, 2, 2, 2}), ramp({1, 1, 4, 2}), Tensor::from<double>({0.5, -0.5}, {2})});
  testing::expect_values(layer(ramp({1, 3, 3, 2}, DType::float32)), {1, 2, 2, 2},
                         {4276.5, 5255.5, 5444.5, 6695.5, 7780.5, 9575.5, 8948.5, 11015.5}, 0.0, 0.0);
}

TEST(SeparableConv2D, AppliesSoftmaxToTheLastAxis) {
  const SeparableConv2D layer({.filters = 3, .kernel_size = 1, .activation = "softmax", .use_bias = false});
  layer->build_for({{1, 1, 1, 1}});
  layer->set_weights({Tensor::ones({1, 1, 1, 1}), ramp({1, 1, 1, 3})});
  testing::expect_values(layer(Tensor::ones({1, 1, 1, 1})), {1, 1, 1, 3}, {0.0900306, 0.2447285, 0.6652410},
                         0, 1e-6);
}

// Rows G5 to G7: one training step of a network with one number for each weight.
struct OneStep {
  double total;
  std::vector<double> weights;
};

OneStep one_step(SeparableConv2DOptions options, double learning_rate) {
  options.filters = 1;
  options.kernel_size = 1;
  options.depthwise_regularizer = options.pointwise_regularizer = options.bias_regularizer =
      regularizers::L2({.l2 = 0.1});
  const Sequential model({Input({.shape = {1, 1, 1}}), SeparableConv2D(options)});
  model->set_weights(
      {Tensor::full({1, 1, 1, 1}, 3.0), Tensor::full({1, 1, 1, 1}, 4.0), Tensor::full({1}, 1.0)});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = learning_rate}), .loss = "mse"});
  const Logs logs = model->train_on_batch(Tensor::full({1, 1, 1, 1}, 2.0), Tensor::full({1, 1, 1, 1}, 20.0));
  OneStep result{*logs.find("loss"), {}};
  for (const Tensor& value : model->get_weights()) result.weights.push_back(value.item());
  return result;
}

TEST(SeparableConv2D, TrainsByTheOraclesNumbers) {
  const OneStep plain = one_step({}, 0.01);
  EXPECT_NEAR(plain.total, 27.6, 1e-5);
  EXPECT_NEAR(plain.weights[0], 2.194, 1e-6);
  EXPECT_NEAR(plain.weights[1], 3.392, 1e-6);
  EXPECT_NEAR(plain.weights[2], 0.898, 1e-6);

  const OneStep with_activity = one_step({.activity_regularizer = regularizers::L1({.l1 = 0.01})}, 0.01);
  EXPECT_NEAR(with_activity.total, 27.85, 1e-5);
  EXPECT_NEAR(with_activity.weights[0], 2.1932, 1e-6);
  EXPECT_NEAR(with_activity.weights[1], 3.3914, 1e-6);
  EXPECT_NEAR(with_activity.weights[2], 0.8979, 1e-6);

  EXPECT_EQ(one_step({.pointwise_constraint = "non_neg"}, 0.1).weights[1], 0.0);
}

TEST(SeparableConv2D, RefusesArgumentsOutsideOfTheirRules) {
  expect_error<ValueError>([] { SeparableConv2D({.kernel_size = 3}); }, {"`filters`", "filters=0"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1}); }, {"`kernel_size`", "2 integers"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = {3, 3, 3}}); }, {"(3, 3, 3)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = {1, 0}}); }, {"(1, 0)", "> 0"});
  expect_error<ValueError>(
      [] {
        SeparableConv2D({.filters = 1, .kernel_size = 3, .strides = {1, 2, 3}});
      },
      {"`strides`", "(1, 2, 3)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .padding = "causal"}); },
                           {"`padding`", "causal"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .data_format = "nchw"}); },
                           {"`data_format`", "nchw"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .depth_multiplier = 0}); },
                           {"depth_multiplier=0"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .strides = 2, .dilation_rate = 2}); },
      {"strides=(2, 2)", "dilation_rate=(2, 2)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .activation = "foo"}); },
                           {"activation", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .depthwise_initializer = "foo"}); },
      {"initializer", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .bias_regularizer = "foo"}); },
      {"regularizer", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .bias_constraint = "foo"}); },
      {"constraint", "foo"});
}

TEST(SeparableConv2D, TakesNamesInAnyCase) {
  const SeparableConv2D layer(
      {.filters = 1, .kernel_size = 3, .padding = "SAME", .data_format = "Channels_First"});
  EXPECT_EQ(layer->options().padding, "same");
  EXPECT_EQ(layer->options().data_format, "channels_first");
  EXPECT_EQ(layer->options().kernel_size, (IntTuple{3, 3}));
}

}  // namespace
}  // namespace sepal
