// Cross-entropies per sample (keras.ops.sparse_categorical_crossentropy, categorical_crossentropy,
// binary_crossentropy; formulas of Keras 3.15 on TensorFlow). Differentiable in `output`.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// target (...) or (..., 1), whole numbers in any dtype; output (..., classes). Result (...). Probabilities
/// (from_logits false) are clipped to [epsilon, 1 - epsilon], `sepal::epsilon()`, and then divided by their
/// sum (the softmax of their logarithms, as Keras on TensorFlow has it).
/// @throws ValueError if the shapes do not fit; InvalidArgumentError naming a label outside of [0, classes).
Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits);

/// target and output (..., classes); result (...). Probabilities are first divided by their sum over the last
/// axis, then clipped. The gradient from logits is softmax - target, as TensorFlow's, also where a target
/// does not add up to 1.
/// @throws ValueError if the shapes differ.
Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits);

/// target and output of one shape; result of that shape. Probabilities are clipped to [epsilon, 1 - epsilon].
/// @throws ValueError if the shapes differ.
Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits);

}  // namespace sepal::ops
