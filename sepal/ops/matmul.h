// Matrix product (keras.ops.matmul, and Dense's contraction).
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// a (..., m, k) times b (k, n): (..., m, n); the leading axes of a are rows of one large matrix. With
/// transpose_a (rank 2 only) a is (k, m), with transpose_b b is (n, k).
/// @throws ValueError if the contracted lengths differ.
Tensor matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

/// matmul(x, kernel) + bias for x (..., k), kernel (k, units), bias (units,) or not defined.
Tensor dense(const Tensor& x, const Tensor& kernel, const Tensor& bias);

}  // namespace sepal::ops
