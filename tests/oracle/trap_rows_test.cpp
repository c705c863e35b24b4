// The specification's traps (its section 4) that no other test speaks of; docs/contract.md says which test
// speaks of which trap.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/sepal.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_error;
using testing::expect_values;
using testing::ramp;

std::vector<double> losses_of(const Ref<Layer>& layer) {
  std::vector<double> values;
  for (const Tensor& loss : layer->losses()) values.push_back(loss.item());
  return values;
}

TEST(OracleTraps, T01_TheRowsOfThePointwiseKernelAreInputChannelByInputChannel) {
  // Depthwise outputs 1, 2 of the first channel and 30, 40 of the second; each row alone in turn. With the
  // multiplier outside, rows 1 and 2 would change places.
  const SeparableConv2D layer(
      {.filters = 1, .kernel_size = 1, .depth_multiplier = 2, .use_bias = false, .dtype = DType::float64});
  layer->build_for({1, 1, 1, 2});
  const Tensor depthwise = Tensor::from({1.0, 2.0, 3.0, 4.0}, {1, 1, 2, 2});
  const std::vector<double> wanted{1, 2, 30, 40};
  for (std::size_t row = 0; row < 4; ++row) {
    std::vector<double> pointwise(4, 0.0);
    pointwise[row] = 1.0;
    layer->set_weights({depthwise, Tensor::from(pointwise, {1, 1, 4, 1})});
    EXPECT_EQ(layer(Tensor::from({1.0, 10.0}, {1, 1, 1, 2})).item(), wanted[row]);
  }
}

TEST(OracleTraps, T02_SamePaddingPutsTheOddCellAtTheEnd) {
  const SeparableConv2D layer({.filters = 1,
                               .kernel_size = 3,
                               .strides = 2,
                               .padding = "same",
                               .use_bias = false,
                               .depthwise_initializer = "ones",
                               .pointwise_initializer = "ones"});
  // Padding k / 2 on both sides would give 14 30 57 99.
  expect_values(layer(ramp({1, 4, 4, 1}, DType::float32)), {1, 2, 2, 1}, {54, 45, 72, 54}, 0, 0);
}

TEST(OracleTraps, T03_SamePaddingIsNeverNegative) {
  for (const std::int64_t kernel : {1, 2, 3, 9}) {
    for (const std::int64_t stride : {1, 2, 3, 5}) {
      const SeparableConv2D layer(
          {.filters = 1, .kernel_size = kernel, .strides = stride, .padding = "same"});
      const std::int64_t length = (7 + stride - 1) / stride;
      EXPECT_EQ(layer->output_shapes_for({{1, 7, 7, 1}})[0], (Shape{1, length, length, 1}));
    }
  }
  // A stride beyond the window samples from index 0.
  const SeparableConv2D sparse({.filters = 1,
                                .kernel_size = 1,
                                .strides = 3,
                                .padding = "same",
                                .use_bias = false,
                                .depthwise_initializer = "ones",
                                .pointwise_initializer = "ones"});
  expect_values(sparse(ramp({1, 5, 5, 1}, DType::float32)), {1, 2, 2, 1}, {1, 4, 16, 19}, 0, 0);
}

TEST(OracleTraps, T04_AConfigWithoutMultiplierAndDilationMeansOne) {
  Json config = SeparableConv2D({.filters = 2, .kernel_size = 3, .name = "sep"})->get_config();
  config.erase("depth_multiplier");
  config.erase("dilation_rate");
  const SeparableConv2D layer = SeparableConv2D::from_config(config);
  layer->build_for({1, 5, 5, 3});
  EXPECT_EQ(layer->get_weights()[0].shape(), (Shape{3, 3, 3, 1}));
  EXPECT_EQ(layer->output_shapes_for({{1, 5, 5, 3}})[0], (Shape{1, 3, 3, 2}));
}

TEST(OracleTraps, T11_TheActivityLossIsPerSampleExceptAsTensorFlow14) {
  const SeparableConv2D layer({.filters = 1,
                               .kernel_size = 1,
                               .depthwise_initializer = "ones",
                               .pointwise_initializer = "ones",
                               .activity_regularizer = regularizers::L1({.l1 = 1.0})});
  const Tensor x = ramp({4, 1, 1, 1}, DType::float32);  // 1 + 2 + 3 + 4 = 10
  (void)layer(x);
  EXPECT_EQ(losses_of(layer), (std::vector<double>{2.5}));
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  const SeparableConv2D old = SeparableConv2D::from_config(layer->get_config());
  (void)old(x);
  EXPECT_EQ(losses_of(old), (std::vector<double>{10}));
}

TEST(OracleTraps, T12_FreezingKeepsThePenaltyOnlyAsTensorFlow14) {
  const SeparableConv2D layer({.filters = 1,
                               .kernel_size = 1,
                               .depthwise_initializer = "ones",
                               .depthwise_regularizer = regularizers::L2({.l2 = 3.0})});
  layer->build_for({1, 1, 1, 1});
  EXPECT_EQ(losses_of(layer), (std::vector<double>{3}));
  layer->set_trainable(false);
  EXPECT_TRUE(losses_of(layer).empty());
  {
    const CompatibilityScope tensorflow14(Compatibility::tf14);
    EXPECT_EQ(losses_of(layer), (std::vector<double>{3}));
  }
  layer->set_trainable(true);
  EXPECT_EQ(losses_of(layer), (std::vector<double>{3}));
}

TEST(OracleTraps, T18_AMaskErrorComesAfterTheWeights) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3});
  expect_error<TypeError>(
      [&] {
        (void)layer(layers::Masking()(Tensor::ones({1, 5, 5, 3})));
      },
      {"does not support masking"});
  EXPECT_TRUE(layer->built());
  EXPECT_EQ(layer->count_params(), 27 + 6 + 2);
  EXPECT_TRUE(layer->inbound_nodes().empty());
}

TEST(OracleTraps, T20_GivenWeightsAreThereAfterABuildToo) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 1},
                              {.weights = {Tensor::full({1, 1, 1, 1}, 2.0), Tensor::full({1, 1, 1, 1}, 3.0),
                                           Tensor::full({1}, 4.0)}});
  layer->build_for({1, 1, 1, 1});
  EXPECT_EQ(layer->get_weights()[1].item(), 3);
  // Once only: later values stay.
  layer->set_weights({Tensor::ones({1, 1, 1, 1}), Tensor::ones({1, 1, 1, 1}), Tensor::ones({1})});
  EXPECT_EQ(layer(Tensor::ones({1, 1, 1, 1})).item(), 2);
}

TEST(OracleTraps, T21_FrozenWeightsCount) {
  const SeparableConv2D layer({.filters = 6, .kernel_size = 3});
  layer->build_for({2, 7, 6, 3});
  layer->set_trainable(false);
  (void)layer->add_weight({.shape = {4}, .trainable = false, .name = "count"});
  EXPECT_EQ(layer->count_params(), 51 + 4);
}

TEST(OracleTraps, T23_TheStaticShapeOfADilatedWindowIsThatOfTheResult) {
  const SeparableConv2D layer({.filters = 1, .kernel_size = 3, .dilation_rate = 2});
  // A helper that forgets the dilation says 5.
  EXPECT_EQ(layer->output_shapes_for({{1, 7, 6, 1}})[0], (Shape{1, 3, 2, 1}));
  EXPECT_EQ(layer(Input({.batch_shape = {1, 7, 6, 1}})).shape(), (Shape{1, 3, 2, 1}));
  EXPECT_EQ(layer(Tensor::ones({1, 7, 6, 1})).shape(), (Shape{1, 3, 2, 1}));
}

TEST(OracleTraps, T26_SixteenBitFloatsSumInFloat32AndWholeNumbersAreExact) {
  // 4096 ones: a sum in float16 would stay at 2048, one in bfloat16 at 256.
  for (const char* dtype : {"float16", "bfloat16", "mixed_float16", "mixed_bfloat16"}) {
    const SeparableConv2D sum({.filters = 1,
                               .kernel_size = 64,
                               .use_bias = false,
                               .depthwise_initializer = "ones",
                               .pointwise_initializer = "ones",
                               .dtype = dtype});
    EXPECT_EQ(sum(Tensor::ones({1, 64, 64, 1})).item(), 4096.0) << dtype;
  }
  const SeparableConv2D layer({.filters = 1,
                               .kernel_size = 1,
                               .use_bias = false,
                               .depthwise_initializer = "ones",
                               .pointwise_initializer = "ones"});
  // The largest odd whole number of float32.
  EXPECT_EQ(layer(Tensor::full({1, 1, 1, 1}, 16777215.0)).item(), 16777215.0);
}

TEST(OracleTraps, T30_FreezingCountsFromTheNextCompileOn) {
  const layers::Dense first({.units = 1, .use_bias = false, .kernel_initializer = "ones"});
  const layers::Dense second({.units = 1, .use_bias = false, .kernel_initializer = "ones"});
  const Sequential model({Input({.shape = {1}}), first, second});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.125, .momentum = 0.5}), .loss = "mse"});
  const auto kernel = [](const layers::Dense& layer) { return layer->get_weights()[0].item(); };
  const auto step = [&] { (void)model->train_on_batch(Tensor::ones({1, 1}), Tensor::full({1, 1}, 3.0)); };
  step();
  // Both gradients are 2 (1 - 3) = -4.
  EXPECT_EQ(kernel(first), 1.5);
  EXPECT_EQ(kernel(second), 1.5);
  first->set_trainable(false);
  ::testing::internal::CaptureStderr();
  step();
  const std::string warning = ::testing::internal::GetCapturedStderr();
  EXPECT_NE(warning.find("`trainable` was changed after `compile()`"), std::string::npos) << warning;
  // Of both: 2 (2.25 - 3) 1.5 = -2.25, and half of the former step, 0.5.
  EXPECT_EQ(kernel(first), 1.5 + 0.25 + 0.28125);
  EXPECT_EQ(kernel(second), 1.5 + 0.25 + 0.28125);

  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.125}), .loss = "mse"});
  const double frozen = kernel(first);
  const double learning = kernel(second);
  step();
  EXPECT_EQ(kernel(first), frozen);
  EXPECT_NE(kernel(second), learning);
  first->set_trainable(true);
  step();
  EXPECT_EQ(kernel(first), frozen);
}

TEST(OracleTraps, T30_WeightsMadeAfterCompileLearnAsTheyAreMade) {
  const layers::Dense layer({.units = 1, .use_bias = false, .kernel_initializer = "ones"});
  const Sequential model({layer});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.125}), .loss = "mse"});
  (void)model->train_on_batch(Tensor::ones({1, 1}), Tensor::full({1, 1}, 3.0));
  // The gradient is 2 (1 - 3) = -4.
  EXPECT_EQ(layer->get_weights()[0].item(), 1.5);
}

}  // namespace
}  // namespace sepal
