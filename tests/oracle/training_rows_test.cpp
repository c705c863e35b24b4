// The oracle's rows G5 to G7, R2, R4, C5 and C6: regularizers and constraints in a layer and in training. The
// other rows I, R and C stand in the tests of sepal/weights, N17 also in that of activations.
#include <gtest/gtest.h>

#include "sepal/base/compatibility.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "sepal/layers/core/input_layer.h"
#include "sepal/models/model.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;

// A network with one number for each weight: y = 2 · 3 · 4 + 1 where 20 is wanted.
struct OneStep {
  double total;
  double depthwise, pointwise, bias;
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
  const Tensors weights = model->get_weights();
  return {*logs.find("loss"), weights[0].item(), weights[1].item(), weights[2].item()};
}

TEST(OracleRows, G5_TheTotalIsTheDataLossAndTheRegularizers) {
  const OneStep step = one_step({}, 0.01);
  EXPECT_NEAR(step.total, 27.6, 1e-5);
  EXPECT_NEAR(step.depthwise, 2.194, 1e-6);
  EXPECT_NEAR(step.pointwise, 3.392, 1e-6);
  EXPECT_NEAR(step.bias, 0.898, 1e-6);
}

TEST(OracleRows, G6_TheActivityRegularizerJoinsIn) {
  const OneStep step = one_step({.activity_regularizer = regularizers::L1({.l1 = 0.01})}, 0.01);
  EXPECT_NEAR(step.total, 27.85, 1e-5);
  EXPECT_NEAR(step.depthwise, 2.1932, 1e-6);
  EXPECT_NEAR(step.pointwise, 3.3914, 1e-6);
  EXPECT_NEAR(step.bias, 0.8979, 1e-6);
}

TEST(OracleRows, G7_TheConstraintFollowsTheUpdate) {
  EXPECT_EQ(one_step({.pointwise_constraint = "non_neg"}, 0.1).pointwise, 0.0);
}

TEST(OracleRows, R2_OneLossForEachRegularizerAndEachCall) {
  const CompatibilityScope scope(Compatibility::tf14);
  const SeparableConv2D layer({.filters = 2,
                               .kernel_size = 3,
                               .depthwise_regularizer = "l2",
                               .pointwise_regularizer = "l2",
                               .bias_regularizer = "l2",
                               .activity_regularizer = "l2"});
  layer->build_for({{kNone, 5, 5, 2}});
  EXPECT_EQ(layer->losses().size(), 3U);
  const Tensor x = testing::varied({1, 5, 5, 2}, 0, DType::float32);
  (void)layer(x);
  EXPECT_EQ(layer->losses().size(), 4U);
  (void)layer(x);
  EXPECT_EQ(layer->losses().size(), 5U);
}

TEST(OracleRows, R4_NoBiasNoLossOfIt) {
  const SeparableConv2D layer({.filters = 2,
                               .kernel_size = 3,
                               .use_bias = false,
                               .depthwise_regularizer = "l2",
                               .pointwise_regularizer = "l2",
                               .bias_regularizer = "l2"});
  layer->build_for({{kNone, 5, 5, 2}});
  EXPECT_EQ(layer->losses().size(), 2U);
}

TEST(OracleRows, C5_NonNegCutsAfterAStep) {
  const Variable w(Tensor::from({0.05, 1.0, -1.0}, {3}), "w", {.constraint = "non_neg"});
  optimizers::SGD({.learning_rate = 0.1})->apply({Tensor::ones({3}, DType::float64)}, {w});
  // Optimizers keep their learning rate in float32.
  testing::expect_values(w.value(), {3}, {0, 0.9, 0}, 1e-7, 0);
}

TEST(OracleRows, C6_ConstraintsWaitForAnUpdate) {
  const SeparableConv2D layer(
      {.filters = 1, .kernel_size = 1, .use_bias = false, .depthwise_constraint = "non_neg"});
  layer->build_for({{1, 1, 1, 1}});
  layer->set_weights({Tensor::full({1, 1, 1, 1}, -3.0), Tensor::ones({1, 1, 1, 1})});
  EXPECT_EQ(layer->get_weights()[0].item(), -3.0);
  const Variable kernel = layer->weights()[0];
  optimizers::SGD({.learning_rate = 0.1})->apply({Tensor::ones({1, 1, 1, 1})}, {kernel});
  EXPECT_EQ(kernel.value().item(), 0.0);
}

}  // namespace
}  // namespace sepal
