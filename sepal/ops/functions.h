// Functions of keras.ops that are neither arithmetic nor activations, element by element or along axes.
// Float32 and float64 (16-bit floats through float32); differentiable unless said otherwise.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {

Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor arcsin(const Tensor& x);
Tensor arccos(const Tensor& x);
Tensor arctan(const Tensor& x);
Tensor arcsinh(const Tensor& x);
Tensor arccosh(const Tensor& x);
Tensor arctanh(const Tensor& x);
Tensor erf(const Tensor& x);
/// 1 - erf(x), exact where erf is near 1, and the x whose erf is y: NaN where |y| > 1.
Tensor erfc(const Tensor& x);
Tensor erfinv(const Tensor& y);
/// The real cube root.
Tensor cbrt(const Tensor& x);
/// exp(x) - 1 and log(1 + x), exact near 0.
Tensor expm1(const Tensor& x);
Tensor log1p(const Tensor& x);
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);
/// 1 / x and 1 / sqrt(x).
Tensor reciprocal(const Tensor& x);
Tensor rsqrt(const Tensor& x);

/// The nearest whole number below, above, or nearest (halves to the even one). Derivative 0.
Tensor floor(const Tensor& x);
Tensor ceil(const Tensor& x);
Tensor round(const Tensor& x);
/// The nearest whole number towards 0. Derivative 0.
Tensor trunc(const Tensor& x);

/// floor(a / b), derivative 0, and a - b * floor(a / b), which has the sign of b. With broadcasting.
Tensor floor_divide(const Tensor& a, const Tensor& b);
Tensor mod(const Tensor& a, const Tensor& b);
/// The remainder with the sign of a (C's fmod). With broadcasting.
Tensor fmod(const Tensor& a, const Tensor& b);
/// The angle of the point (x, y), from -pi to pi. With broadcasting.
Tensor arctan2(const Tensor& y, const Tensor& x);

/// log(sum(exp(x))) without overflow.
Tensor logsumexp(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);
/// The mean of the squared distances from the mean, and its square root.
Tensor variance(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);
Tensor standard_deviation(const Tensor& x, const Axes& axes = std::nullopt, bool keepdims = false);

}  // namespace sepal::ops
