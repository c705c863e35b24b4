// Batch normalization (keras.ops.batch_normalization, Ioffe and Szegedy 2015). Float32 and float64;
// differentiable once, a second derivative is a RuntimeError.
#pragma once

#include <limits>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// Where a result is clamped to; what is outside, and what is on a bound, has no gradient. {0} is a ReLU, {0,
/// 6} a ReLU6.
struct Bounds {
  double lower = -std::numeric_limits<double>::infinity();
  double upper = std::numeric_limits<double>::infinity();
};

struct BatchNormResult {
  Tensor output;
  Tensor mean;      // (channels,), of this batch
  Tensor variance;  // (channels,), of this batch, divided by the count (not the count minus one)
};

/// Normalizes each channel (axis `axis`) of x by the batch's own statistics, then scales by gamma and shifts
/// by beta ((channels,) each, or not defined), then clamps. Differentiable in x, gamma, beta; mean and
/// variance are not recorded.
/// @throws ValueError if gamma or beta has another shape, TypeError if dtypes differ.
BatchNormResult batch_norm_training(const Tensor& x, const Tensor& gamma, const Tensor& beta, int axis,
                                    double epsilon, const Bounds& bounds = {});

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta with given statistics; differentiable in every
/// operand but mean and variance.
Tensor batch_norm_inference(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                            const Tensor& beta, int axis, double epsilon);

}  // namespace sepal::ops
