// Comparisons of tensors and truth values, with NumPy's broadcasting (keras.ops.greater, logical_and, any,
// where, …). Only `select` has a gradient.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {

/// a > b and so on, element by element: bool. Operands of one dtype, whichever.
/// @throws TypeError if the dtypes differ, ValueError if the shapes do not broadcast.
Tensor equal(const Tensor& a, const Tensor& b);
Tensor not_equal(const Tensor& a, const Tensor& b);
Tensor greater(const Tensor& a, const Tensor& b);
Tensor greater_equal(const Tensor& a, const Tensor& b);
Tensor less(const Tensor& a, const Tensor& b);
Tensor less_equal(const Tensor& a, const Tensor& b);

/// Operands of dtype bool.
/// @throws TypeError for another dtype, ValueError if the shapes do not broadcast.
Tensor logical_and(const Tensor& a, const Tensor& b);
Tensor logical_xor(const Tensor& a, const Tensor& b);
Tensor logical_not(const Tensor& a);

/// Whether any, or every, element along the axes is true. x: bool.
Tensor any(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);
Tensor all(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);

/// `where` with broadcasting: condition ? a : b.
/// @throws as `where`.
Tensor select(const Tensor& condition, const Tensor& a, const Tensor& b);

}  // namespace sepal::ops
