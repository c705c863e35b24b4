// Sums of products over named axes (keras.ops.einsum), of which matmul, dot and tensordot are cases.
#pragma once

#include <string>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// One letter for each axis of each operand, "bij,bjk->bik": letters that the result does not have are summed
/// over. "..." stands for leading axes, broadcast. Without "->" the result has the letters that occur once,
/// in alphabetical order. Float32 and float64; differentiable.
/// @throws ValueError if letters and axes do not fit, UnimplementedError for a letter twice in one operand.
Tensor einsum(const std::string& subscripts, const Tensors& operands);

/// The shape of the result; lengths may be kNone.
/// @throws as einsum.
Shape einsum_shape(const std::string& subscripts, const Shapes& operands);

}  // namespace sepal::ops
