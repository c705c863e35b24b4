// Masks: made by Masking, handed on by layers, read by some, joined by merging layers, weighing losses.
// Numbers with a comment "Keras" were computed by Keras 3.15.1.
#include <gtest/gtest.h>

#include <cmath>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"
#include "sepal/train/optimizers/optimizers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::expect_values;

// Three steps of two features; the second step is padding.
Tensor steps() { return Tensor::from<float>({1, 2, 0, 0, 3, 4}, {1, 3, 2}); }

std::vector<int> bits(const Tensor& mask) {
  std::vector<int> values;
  for (std::int64_t i = 0; i < mask.num_elements(); ++i) values.push_back(static_cast<int>(mask.at(i)));
  return values;
}

TEST(Masking, MarksStepsWhoseFeaturesAllHaveTheValue) {
  const layers::Masking masking({.mask_value = 4.0});
  const Tensor x = Tensor::from<float>({4, 4, 4, 5, 0, 0}, {1, 3, 2});
  const Tensor y = masking(x);
  expect_values(y, {1, 3, 2}, {0, 0, 4, 5, 0, 0});
  EXPECT_EQ(bits(y.mask()), (std::vector{0, 1, 1}));
  EXPECT_EQ(bits(masking->compute_mask(x)), (std::vector{0, 1, 1}));
}

TEST(LayerMasks, PassThroughLayersThatSupportThem) {
  const Tensor x = layers::Masking()(steps());
  const Tensor y = layers::Dropout({.rate = 0.5})(layers::Dense({.units = 3, .activation = "relu"})(x));
  EXPECT_EQ(bits(y.mask()), (std::vector{1, 0, 1}));
  // An op knows no masks.
  EXPECT_FALSE(ops::add(y, 1.0).mask().defined());
  EXPECT_TRUE(layers::Dense({.units = 3})->supports_masking());
}

// As in Keras: a softmax of its own, which the layer takes for the dropout, leaves zeros there.
TEST(LayerMasks, LetMaskedQueriesAttendToNothingBesideDropout) {
  const Tensor x = layers::Masking()(steps());
  const layers::MultiHeadAttention attention(
      {.num_heads = 2, .key_dim = 3, .dropout = 0.5, .bias_initializer = "ones"});
  const Tensor y = attention({x, x});
  expect_values(y.reshaped({3, 2}).rows(1, 2), {1, 2}, {1, 1});
  EXPECT_NE(y.at(0), 1.0);
}

TEST(LayerMasks, AreKnownToSymbolicTensors) {
  const KerasTensor x = Input({.shape = {kNone, 2}});
  EXPECT_FALSE(x.mask().defined());
  const layers::Masking masking;
  const layers::Dense dense({.units = 3});
  const KerasTensor y = dense(masking(x));
  EXPECT_EQ(y.mask().shape(), (Shape{kNone, kNone}));
  EXPECT_EQ(y.mask().dtype(), DType::boolean);
  EXPECT_FALSE(masking->input_mask()->defined());
  EXPECT_TRUE(masking->output_mask()->defined());
  EXPECT_TRUE(dense->input_mask()->defined());
  EXPECT_TRUE(dense->get_output_mask_at(0)->defined());
  const KerasTensor known = layers::Masking()(Input({.batch_shape = {4, 6, 2}}));
  EXPECT_EQ(known.mask().shape(), (Shape{4, 6}));
}

TEST(LayerMasks, GoThroughModelsAndOutOfThem) {
  const KerasTensor x = Input({.shape = {kNone, 2}});
  const Model inner(x, layers::Dense({.units = 2})(layers::Masking()(x)));
  EXPECT_EQ(bits(inner(steps()).mask()), (std::vector{1, 0, 1}));
  const KerasTensor z = Input({.shape = {kNone, 2}});
  const KerasTensor through = inner(z);
  EXPECT_TRUE(through.mask().defined());
  const Model outer(z, layers::Activation({.activation = "tanh"})(through));
  EXPECT_EQ(bits(outer(steps()).mask()), (std::vector{1, 0, 1}));
}

TEST(LayerMasks, OfMergedInputsAreJoined) {
  const Tensor a = Tensor::ones({1, 3, 2}).with_mask(Tensor::from<bool>({true, false, false}, {1, 3}));
  const Tensor b = Tensor::ones({1, 3, 2}).with_mask(Tensor::from<bool>({false, false, true}, {1, 3}));
  const Tensor none = Tensor::ones({1, 3, 2});
  EXPECT_EQ(bits(layers::Add()({a, b}).mask()), (std::vector{1, 0, 1}));
  EXPECT_FALSE(layers::Add()({a, none}).mask().defined());
  // Keras
  EXPECT_EQ(bits(layers::Concatenate()({a, none}).mask()), (std::vector{1, 1, 1}));
  EXPECT_EQ(bits(layers::Concatenate()({a, b}).mask()), (std::vector{1, 0, 1}));
  EXPECT_EQ(bits(layers::Concatenate({.axis = 1})({a, b}).mask()), (std::vector{1, 0, 0, 0, 0, 1}));
}

TEST(LayerMasks, KeepStepsOutOfProductsAndExtremes) {
  const Tensor plain_a = Tensor::from<float>({1, 2, 3, 4, 5, -6}, {1, 3, 2});
  const Tensor plain_b = Tensor::from<float>({-2, 7, 8, -1, 4, 9}, {1, 3, 2});
  const Tensor a = plain_a.with_mask(Tensor::from<bool>({true, false, false}, {1, 3}));
  const Tensor b = plain_b.with_mask(Tensor::from<bool>({false, false, true}, {1, 3}));
  const Shape shape{1, 3, 2};
  // Keras
  const Tensor product = layers::Multiply()({a, b});
  expect_values(product, shape, {1, 2, 0, 0, 4, 9});
  EXPECT_EQ(bits(product.mask()), (std::vector{1, 0, 1}));
  expect_values(layers::Maximum()({a, b}), shape, {1, 2, 3, 4, 4, 9});
  expect_values(layers::Minimum()({a, b}), shape, {1, 2, 3, 4, 4, 9});
  expect_values(layers::Multiply()({a, plain_b}), shape, {-2, 14, 8, -1, 4, 9});
  expect_values(layers::Maximum()({a, plain_b}), shape, {1, 7, 8, -1, 4, 9});
  const Tensor late = plain_b.with_mask(Tensor::from<bool>({false, true, true}, {1, 3}));
  expect_values(layers::Multiply()({plain_a, late}), shape, {1, 2, 24, -4, 20, -54});
  expect_values(layers::Minimum()({plain_a, late}), shape, {1, 2, 3, -1, 4, -6});
}

TEST(LayerMasks, ReachSoftmax) {
  const layers::Softmax softmax;
  const Tensor x = Tensor::from<float>({1, 2, 3}, {1, 3});
  const Tensor y = softmax(x, {.mask = Tensor::from<bool>({true, false, true}, {1, 3})});
  // exp(1) and exp(3) over their sum.
  testing::expect_close(y, Tensor::from<float>({0.11920292F, 0.0F, 0.88079708F}, {1, 3}), 1e-6, 0.0);
  expect_error<ValueError>(
      [&] {
        (void)softmax(x, {.mask = Tensor::from<bool>({true, false}, {1, 2})});
      },
      {"mask", "(1, 3)", "(1, 2)"});
}

TEST(LayerMasks, LeaveStepsOutOfBatchStatistics) {
  const layers::BatchNormalization normalize({.momentum = 0.5, .dtype = "float64"});
  const Tensor x = Tensor::from<double>({1, 10, 9, 90, 3, 30}, {1, 3, 2});
  const Tensor mask = Tensor::from<bool>({true, false, true}, {1, 3});
  const Tensor y = normalize(x, {.training = true, .mask = mask});
  // The mean of 1 and 3 is 2, their variance 1; moving averages go half of the way from 0 and 1. The fuzz of
  // 1e-7 in the number of steps moves them by 1e-7 of themselves.
  testing::expect_close(normalize->get_weights()[2], Tensor::from<double>({1, 10}, {2}), 1e-6, 0.0);
  testing::expect_close(normalize->get_weights()[3], Tensor::from<double>({1, 50.5}, {2}), 1e-5, 0.0);
  EXPECT_NEAR(y.at(0), -1.0 / std::sqrt(1.001), 1e-5);
  EXPECT_NEAR(y.at(5), 10.0 / std::sqrt(100.001), 1e-5);
  expect_error<ValueError>(
      [&] { (void)normalize(x, {.training = true, .mask = Tensor::from<bool>({true}, {1})}); },
      {"one dimension less", "(1,)"});
}

TEST(LayerMasks, WeighLossesAndMetrics) {
  const Sequential model(
      {Input({.shape = {3, 2}}), layers::Masking(), layers::Dense({.units = 1, .use_bias = false})});
  model->set_weights({Tensor::ones({2, 1})});
  model->compile({.optimizer = optimizers::SGD({.learning_rate = 0.0}), .loss = "mse", .metrics = {"mae"}});
  const Logs logs = model->test_on_batch(steps(), Tensor::from<float>({1, 100, 3}, {1, 3, 1}));
  // Predictions 3, 0, 7: errors 2 and 4 on the steps that count. Keras gives 10 and 3.
  EXPECT_NEAR(*logs.find("loss"), 10.0, 1e-5);
  EXPECT_NEAR(*logs.find("mae"), 3.0, 1e-5);
}

TEST(LayerMasks, OfLongInputsAreFoundWithoutRunning) {
  const KerasTensor y = layers::Masking()(Input({.shape = {1 << 20, 64}}));
  EXPECT_EQ(y.mask().shape(), (Shape{kNone, 1 << 20}));
}

}  // namespace
}  // namespace sepal
