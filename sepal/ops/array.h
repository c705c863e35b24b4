// Moving elements without arithmetic (keras.ops.reshape, transpose, concatenate, …). Differentiable; any
// dtype.
#pragma once

#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// One length may be kNone: it follows from the others.
Tensor reshape(const Tensor& x, const Shape& shape);
/// Axis i of the result is axis permutation[i] of x.
Tensor transpose(const Tensor& x, const std::vector<int>& permutation);
/// @throws ValueError naming the shapes if they differ in another axis.
Tensor concatenate(const Tensors& tensors, std::int64_t axis);
/// Elements [begin, end) of an axis.
Tensor slice(const Tensor& x, std::int64_t axis, std::int64_t begin, std::int64_t end);
/// `count` elements of an axis: number `first`, `first + step` and so on; a step may be negative.
/// @throws ValueError if one of them is outside of the axis, or the step is 0.
Tensor take_steps(const Tensor& x, std::int64_t axis, std::int64_t first, std::int64_t step,
                  std::int64_t count);
/// The axis the other way round.
Tensor flip(const Tensor& x, std::int64_t axis);
/// Tensors of one shape along a new axis.
Tensor stack(const Tensors& tensors, std::int64_t axis);
/// The whole of x `repeats[i]` times along axis i, one behind the other.
/// @throws ValueError unless there is a positive number for each axis.
Tensor tile(const Tensor& x, const std::vector<std::int64_t>& repeats);
Tensor broadcast_to(const Tensor& x, const Shape& shape);
/// Zeros before and after each axis.
Tensor pad(const Tensor& x, const std::vector<std::pair<std::int64_t, std::int64_t>>& padding);
/// Each element of an axis `count` times in a row (keras.ops.repeat).
Tensor repeat(const Tensor& x, std::int64_t count, std::int64_t axis);
/// Rows of x (axis 0) in the given order; not differentiable.
Tensor take_rows(const Tensor& x, const std::vector<std::int64_t>& rows);
/// A copy with an identity of its own.
Tensor identity(const Tensor& x);
/// The same value, cut off from every tape.
Tensor stop_gradient(const Tensor& x);

}  // namespace sepal::ops
