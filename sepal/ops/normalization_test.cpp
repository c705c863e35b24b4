#include "sepal/ops/normalization.h"

#include <gtest/gtest.h>

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/thread_counts.h"

namespace sepal::ops {
namespace {

using testing::expect_close;
using testing::expect_error;
using testing::expect_gradients_match_finite_differences;
using testing::expect_values;
using testing::ramp;
using testing::varied;

// Keras (keras.ops.moments and batch_normalization on TensorFlow, float64), epsilon 0.001.
const Tensor kBatch = Tensor::from<double>({1, 10, 2, 30, 4, -20, 9, 60}, {4, 2});
const Tensor kGamma = Tensor::from<double>({2, -1}, {2});
const Tensor kBeta = Tensor::from<double>({0.5, 3}, {2});
const std::vector<double> kY{
    -1.4465546060226453, 3.3429969685221543, -0.7977030706817636, 2.6570030314778457, 0.5,
    4.371987874088617,   3.7442576767044087, 1.6280121259113827};

TEST(BatchNormTraining, HasTheValuesAndGradientsOfKeras) {
  GradientTape tape;
  for (const Tensor& operand : {kBatch, kGamma, kBeta}) tape.watch(operand);
  const BatchNormResult result = batch_norm_training(kBatch, kGamma, kBeta, -1, 1e-3);
  expect_values(result.mean, {2}, {4, 20});
  expect_values(result.variance, {2}, {9.5, 850});
  expect_values(result.output, {4, 2}, kY);
  const Tensors gradients = tape.gradient(result.output, {kBatch, kGamma, kBeta}, ramp({4, 2}));
  expect_values(gradients[0], {4, 2},
                {-0.6148416348462222, 0.09281095629203501, 0.23895711211006676, 0.04438783111682672,
                 0.6488515353408819, -0.0746522339106606, -0.2729670126047261, -0.06254655349820117});
  expect_values(gradients[1], {2}, {8.435069959431463, 3.4299696852215433});
  expect_values(gradients[2], {2}, {16, 20});
}

TEST(BatchNormInference, UsesTheGivenStatistics) {
  const Tensor mean = Tensor::from<double>({4, 20}, {2});
  const Tensor variance = Tensor::from<double>({9.5, 850}, {2});
  expect_values(batch_norm_inference(kBatch, mean, variance, kGamma, kBeta, 1, 1e-3), {4, 2}, kY);
  // (x - 1) / sqrt(3 + 1)
  expect_values(batch_norm_inference(ramp({2, 1}), Tensor::ones({1}, DType::float64),
                                     Tensor::full({1}, 3, DType::float64), Tensor(), Tensor(), -1, 1.0),
                {2, 1}, {0, 0.5});
}

TEST(BatchNormTraining, LeavesOutGammaAndBeta) {
  const Tensor y = batch_norm_training(kBatch, Tensor(), Tensor(), -1, 1e-3).output;
  for (std::int64_t i = 0; i < 8; ++i) {
    const auto c = static_cast<std::size_t>(i % 2);
    EXPECT_NEAR(y.at(i) * kGamma.at(i % 2) + kBeta.at(i % 2), kY[static_cast<std::size_t>(i)], 1e-12) << c;
  }
}

struct Place {
  Shape shape;
  int axis;
};
const Place kPlaces[] = {{{4, 3}, -1},   {{2, 3, 2, 5}, 3}, {{2, 3, 2, 5}, 1},
                         {{2, 3, 4}, 1}, {{3, 4}, 0},       {{1, 2, 70}, 1}};

TEST(BatchNormTraining, HasTheGradientsOfFiniteDifferences) {
  for (const auto& [shape, axis] : kPlaces) {
    const Shape channels{shape[axis]};
    expect_gradients_match_finite_differences(
        [axis = axis](const Tensors& in) {
          return batch_norm_training(in[0], in[1], in[2], axis, 1e-3).output;
        },
        {varied(shape, 1), varied(channels, 2), varied(channels, 3)});
    expect_gradients_match_finite_differences(
        [axis = axis](const Tensors& in) {
          return batch_norm_training(in[0], Tensor(), Tensor(), axis, 1e-3).output;
        },
        {varied(shape, 1)});
  }
}

TEST(BatchNormTraining, ClampsAsAnActivationBehindItWould) {
  for (const auto& [shape, axis] : kPlaces) {
    const Shape channels{shape[axis]};
    const Tensors operands{varied(shape, 1, DType::float32), varied(channels, 2, DType::float32),
                           varied(channels, 3, DType::float32)};
    const Tensor dy = varied(shape, 4, DType::float32);
    const auto run = [&, axis = axis](const Bounds& bounds, Tensor (*activation)(const Tensor&)) {
      GradientTape tape;
      for (const Tensor& operand : operands) tape.watch(operand);
      const BatchNormResult result =
          batch_norm_training(operands[0], operands[1], operands[2], axis, 1e-3, bounds);
      const Tensor y = activation(result.output);
      Tensors all = tape.gradient(y, operands, dy);
      all.push_back(y);
      return all;
    };
    const auto compare = [](const Tensors& got, const Tensors& want) {
      // Equal but for the sign of a zero.
      for (std::size_t i = 0; i < want.size(); ++i) expect_close(got[i], want[i], 0.0, 0.0);
    };
    const auto nothing = [](const Tensor& x) { return x; };
    compare(run({.lower = 0.0}, nothing), run({}, [](const Tensor& x) { return relu(x); }));
    compare(run({0.0, 6.0}, nothing), run({}, relu6));
  }
}

TEST(BatchNormInference, HasTheGradientsOfFiniteDifferences) {
  for (const auto& [shape, axis] : kPlaces) {
    const Shape channels{shape[axis]};
    const Tensor mean = varied(channels, 4);
    const Tensor variance = Tensor::full(channels, 0.7, DType::float64);
    expect_gradients_match_finite_differences(
        [&, axis = axis](const Tensors& in) {
          return batch_norm_inference(in[0], mean, variance, in[1], in[2], axis, 1e-3);
        },
        {varied(shape, 1), varied(channels, 2), varied(channels, 3)});
  }
}

TEST(BatchNormTraining, ComputesTheGradientsThatAreAskedFor) {
  const Tensor dy = ramp({4, 2});
  const auto gradient_of = [&](const Tensor& source) {
    GradientTape tape;
    tape.watch(source);
    return tape.gradient(batch_norm_training(kBatch, kGamma, kBeta, -1, 1e-3).output, {source}, dy)[0];
  };
  expect_values(gradient_of(kGamma), {2}, {8.435069959431463, 3.4299696852215433});
  expect_values(gradient_of(kBeta), {2}, {16, 20});
  EXPECT_NEAR(gradient_of(kBatch).at(0), -0.6148416348462222, 1e-12);
}

TEST(BatchNormTraining, KeepsItsDigitsWhereTheMeanIsLarge) {
  const Tensor x = varied({1000, 5}, 1);
  Tensor moved = x.clone();
  double* values = moved.mutable_data<double>();
  for (std::int64_t i = 0; i < moved.num_elements(); ++i)
    values[i] = std::round(values[i] * 1024) / 1024 + 4096;
  const Tensor want = batch_norm_training(moved, Tensor(), Tensor(), -1, 1e-3).output;
  const Tensor got = batch_norm_training(moved.astype(DType::float32), Tensor(), Tensor(), -1, 1e-3).output;
  // The values are exact in float32; their mean is known to 4096 * 2^-24, which is 2.4e-4.
  testing::expect_close(got.astype(DType::float64), want, 0, 1e-3);
}

TEST(BatchNormTraining, HasTheSameBitsForAnyThreadCount) {
  for (const auto& [shape, axis] : {Place{{40, 14, 14, 20}, 3}, Place{{20, 7, 30, 30}, 1}}) {
    for (const DType dtype : {DType::float32, DType::float64}) {
      const Tensor x = varied(shape, 1, dtype);
      const Tensor gamma = varied({shape[axis]}, 2, dtype);
      const Tensor beta = varied({shape[axis]}, 3, dtype);
      const Tensor dy = varied(shape, 4, dtype);
      testing::expect_same_bits_for_any_thread_count([&, axis = axis] {
        GradientTape tape;
        for (const Tensor& operand : {x, gamma, beta}) tape.watch(operand);
        const BatchNormResult result = batch_norm_training(x, gamma, beta, axis, 1e-3);
        Tensors all = tape.gradient(result.output, {x, gamma, beta}, dy);
        all.insert(all.end(), {result.output, result.mean, result.variance});
        return all;
      });
    }
  }
}

TEST(BatchNormTraining, SaysThatItHasNoSecondDerivative) {
  GradientTape outer;
  outer.watch(kBatch);
  Tensor first;
  {
    GradientTape inner;
    inner.watch(kBatch);
    first = inner.gradient(batch_norm_training(kBatch, kGamma, kBeta, -1, 1e-3).output, {kBatch},
                           ramp({4, 2}))[0];
  }
  expect_error<RuntimeError>([&] { (void)outer.gradient(first, {kBatch}); }, {"batch_norm"});
}

TEST(BatchNorm, RefusesShapesThatDoNotFit) {
  const Tensor two = Tensor::zeros({2}, DType::float64);
  const Tensor three = Tensor::zeros({3}, DType::float64);
  expect_error<ValueError>([&] { (void)batch_norm_training(kBatch, three, two, -1, 1e-3); },
                           {"`gamma`", "(2,)", "(3,)"});
  expect_error<ValueError>([&] { (void)batch_norm_training(kBatch, two, three, -1, 1e-3); }, {"`beta`"});
  expect_error<ValueError>([&] { (void)batch_norm_inference(kBatch, three, two, two, two, -1, 1e-3); },
                           {"`mean`"});
  expect_error<ValueError>([&] { (void)batch_norm_inference(kBatch, two, three, two, two, -1, 1e-3); },
                           {"`variance`"});
  expect_error<ValueError>([&] { (void)batch_norm_training(kBatch, two, two, 2, 1e-3); }, {"2"});
  expect_error<TypeError>([&] { (void)batch_norm_training(kBatch, Tensor::zeros({2}), two, -1, 1e-3); },
                          {"`gamma`", "float32"});
}

}  // namespace
}  // namespace sepal::ops
