// Arithmetic element by element, with NumPy's broadcasting (keras.ops.add, …). Differentiable, and
// differentiable again; operands have one dtype, a float.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// @throws ValueError if the shapes do not broadcast, TypeError if the dtypes differ or are not computable.
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);
/// The larger of two elements, NaN if one is NaN; at a tie the gradient goes to `a` alone (as in TensorFlow).
Tensor maximum(const Tensor& a, const Tensor& b);
/// The smaller of two elements, NaN if one is NaN; at a tie the gradient goes to `a` alone.
Tensor minimum(const Tensor& a, const Tensor& b);

Tensor add(const Tensor& a, double b);
Tensor multiply(const Tensor& a, double b);

/// Derivative 0 where x is clipped, 1 at the bounds themselves.
Tensor clip(const Tensor& x, double low, double high);
Tensor negative(const Tensor& x);
Tensor exp(const Tensor& x);
Tensor log(const Tensor& x);
Tensor sqrt(const Tensor& x);
Tensor square(const Tensor& x);
/// Derivative 0 at 0.
Tensor abs(const Tensor& x);
/// 1 where x > 0, -1 where x < 0, else 0 (NaN of NaN); derivative 0.
Tensor sign(const Tensor& x);

/// x in another dtype; the gradient is cast back. Integers have none.
Tensor cast(const Tensor& x, DType dtype);

/// mask ? a : b; mask is boolean of the operands' shape.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);

}  // namespace sepal::ops
