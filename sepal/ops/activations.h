// Activation functions (keras.activations, formulas of Keras 3.15). Float32 and float64; derivative at a kink
// as in Keras on TensorFlow (relu: 0 at 0).
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// f(x) = max_value for x >= max_value, x for threshold <= x, negative_slope * (x - threshold) below.
/// max_value < 0 means none.
Tensor relu(const Tensor& x, double negative_slope = 0.0, double max_value = -1.0, double threshold = 0.0);
Tensor relu6(const Tensor& x);
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.2);
Tensor elu(const Tensor& x, double alpha = 1.0);
Tensor selu(const Tensor& x);
Tensor celu(const Tensor& x, double alpha = 1.0);
Tensor gelu(const Tensor& x, bool approximate = false);
/// The first half of `axis` times the sigmoid of the second.
Tensor glu(const Tensor& x, std::int64_t axis = -1);
Tensor sigmoid(const Tensor& x);
/// relu6(x + 3) / 6, Keras 3's meaning.
Tensor hard_sigmoid(const Tensor& x);
/// clip(0.2 x + 0.5, 0, 1), the meaning of Keras 1 and 2 (and of TensorFlow 1.4).
Tensor hard_sigmoid_legacy(const Tensor& x);
Tensor hard_silu(const Tensor& x);
Tensor hard_tanh(const Tensor& x);
Tensor hard_shrink(const Tensor& x, double threshold = 0.5);
Tensor soft_shrink(const Tensor& x, double threshold = 0.5);
Tensor tanh_shrink(const Tensor& x);
Tensor threshold(const Tensor& x, double threshold, double value);
Tensor tanh(const Tensor& x);
Tensor silu(const Tensor& x);
Tensor mish(const Tensor& x);
Tensor exponential(const Tensor& x);
Tensor softplus(const Tensor& x);
Tensor softsign(const Tensor& x);
Tensor squareplus(const Tensor& x, double b = 4.0);
Tensor sparse_plus(const Tensor& x);
Tensor sparse_sigmoid(const Tensor& x);
Tensor log_sigmoid(const Tensor& x);

Tensor softmax(const Tensor& x, std::int64_t axis = -1);
/// Softmax over several axes together.
Tensor softmax(const Tensor& x, const std::vector<std::int64_t>& axes);
Tensor log_softmax(const Tensor& x, std::int64_t axis = -1);
/// As every backend of Keras 3.15 computes it: max(x - tau, 0), tau = (sum of the partial sums - 1) / k over
/// the k largest elements that support the projection. Martins and Astudillo 2016 take the last partial sum
/// in place of their sum, so that only theirs adds up to 1 when k > 1.
Tensor sparsemax(const Tensor& x, std::int64_t axis = -1);

}  // namespace sepal::ops
