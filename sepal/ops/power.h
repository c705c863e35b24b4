// Powers (keras.ops.power).
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// x to the power of `exponent`, element by element. Differentiable, and differentiable again. The derivative
/// at 0 is that of std::pow: 0 for exponent 0.
Tensor power(const Tensor& x, double exponent);

/// An exponent for each element, with broadcasting; differentiable in both, the exponent's derivative being 0
/// where x <= 0 (as in TensorFlow).
Tensor power(const Tensor& x, const Tensor& exponent);

}  // namespace sepal::ops
