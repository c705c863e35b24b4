// A matrix product for each sample (keras.ops.matmul of two tensors of rank 3).
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// a (n, m, k) times b (n, k, p): (n, m, p). With transpose_a a is (n, k, m), with transpose_b b is (n, p,
/// k). Float32 and float64; differentiable, and differentiable again.
/// @throws ValueError if the ranks, the numbers of samples or the contracted lengths do not fit, TypeError if
/// the dtypes differ.
Tensor batch_matmul(const Tensor& a, const Tensor& b, bool transpose_a = false, bool transpose_b = false);

}  // namespace sepal::ops
