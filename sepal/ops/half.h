// Ops on 16-bit floats: they compute in float32 and round the result, ties to even, as TensorFlow's kernels
// for CPUs do. Not a public header.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/ops/elementwise.h"

namespace sepal::ops {

/// 16-bit floats as float32; anything else, also what is not defined, as it is. Recorded, as `cast` is.
inline Tensor widened(const Tensor& x) {
  return x.defined() && is_half(x.dtype()) ? cast(x, DType::float32) : x;
}

/// op(operands...) computed in float32 and rounded to the 16-bit dtype of `first`: for the first line of an
/// op. Its gradients are computed in float32 and rounded, too.
template <class Op, class... More>
Tensor in_float32(Op op, const Tensor& first, const More&... more) {
  return cast(op(widened(first), widened(more)...), first.dtype());
}

/// The number of this dtype that is nearest to `value`.
inline double as_stored(double value, DType dtype) {
  return is_half(dtype) ? Tensor::scalar(value, dtype).item() : value;
}

}  // namespace sepal::ops
