// Tensors of truth values: what masks are made of. Nothing here has a gradient.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// x != value, element by element: bool, the shape of x. x: float32, float64 or an integer type.
Tensor not_equal(const Tensor& x, double value);

/// x > value, as above.
Tensor greater(const Tensor& x, double value);

/// a or b, with NumPy's broadcasting. Both bool.
/// @throws TypeError if one is not bool, ValueError if they cannot be broadcast.
Tensor logical_or(const Tensor& a, const Tensor& b);

/// Whether any element along the last axis is true; drops the axis, or keeps it with length 1.
Tensor any_of_last_axis(const Tensor& x, bool keepdims = false);

}  // namespace sepal::ops
