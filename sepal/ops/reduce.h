// Reductions over axes (keras.ops.sum, mean, max). The order of the additions depends on the shape alone.
#pragma once

#include <optional>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// Axes to reduce; nullopt: all of them.
using Axes = std::optional<std::vector<std::int64_t>>;

/// @throws ValueError if an axis is out of range or named twice.
Tensor sum(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);
Tensor mean(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);
/// The gradient of a maximum is shared equally by the elements that reach it (as in TensorFlow).
Tensor max(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);
Tensor min(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);

/// Index (int64) of the first largest element along `axis`; NaN is never the largest. Not differentiable.
Tensor argmax(const Tensor& x, std::int64_t axis = -1);

/// x summed over the axes along which `shape` was broadcast to x's shape: the gradient of broadcasting.
Tensor sum_to_shape(const Tensor& x, const Shape& shape);

}  // namespace sepal::ops
