// Normalizing each sample by statistics of its own (keras.ops.layer_normalization and
// keras.ops.normalize; Ba, Kiros and Hinton 2016, Wu and He 2018). Float32 and float64; differentiable, and
// differentiable again.
#pragma once

#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// (x - mean) / sqrt(variance + epsilon) * gamma + beta, with the mean and the variance (divided by the
/// count) over `axes` together. gamma and beta have the elements of these axes, or are not defined. With
/// `rms_scaling` x / sqrt(variance + epsilon) * gamma, the variance still about the mean (as in Keras).
/// @throws ValueError if an axis is out of range or gamma or beta has another number of elements, TypeError
/// if dtypes differ.
Tensor layer_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                           const std::vector<std::int64_t>& axes, double epsilon, bool rms_scaling = false);

/// As layer_normalization over every axis but the first, for each of `groups` groups of the channels on
/// `axis` by itself; gamma and beta (channels,) or not defined.
/// @throws ValueError if the groups do not divide the channels, or as layer_normalization.
Tensor group_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta, std::int64_t groups,
                           std::int64_t axis, double epsilon);

/// x divided by its Euclidean norm over `axes` together, or by `epsilon` where the norm is smaller.
Tensor normalize(const Tensor& x, const std::vector<std::int64_t>& axes, double epsilon = 1e-7);

}  // namespace sepal::ops
