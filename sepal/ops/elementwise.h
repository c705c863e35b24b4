// Arithmetic element by element, with NumPy's broadcasting (keras.ops.add, …). Differentiable, and
// differentiable again; operands have one dtype, float32 or float64.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// @throws ValueError if the shapes do not broadcast, TypeError if the dtypes differ or are not computable.
Tensor add(const Tensor& a, const Tensor& b);
Tensor subtract(const Tensor& a, const Tensor& b);
Tensor multiply(const Tensor& a, const Tensor& b);
Tensor divide(const Tensor& a, const Tensor& b);
/// The larger of two elements; at a tie the gradient is halved, as TensorFlow's and Keras's is.
Tensor maximum(const Tensor& a, const Tensor& b);
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
/// 1 where x > 0, -1 where x < 0, else 0; derivative 0.
Tensor sign(const Tensor& x);

/// x in another dtype; the gradient is cast back. Integers have none.
Tensor cast(const Tensor& x, DType dtype);

/// mask ? a : b; mask is boolean of the operands' shape.
Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b);

}  // namespace sepal::ops
