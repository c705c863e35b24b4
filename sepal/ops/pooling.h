// Pooling over windows (keras.ops.max_pool, keras.ops.average_pool). Float32 and float64; differentiable
// once, a second derivative is a RuntimeError.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/ops/conv.h"

namespace sepal::ops {

struct Pool2DOptions {
  std::int64_t pool_h = 2, pool_w = 2;
  std::int64_t stride_h = 2, stride_w = 2;
  Padding padding = Padding::valid;
  bool channels_first = false;
};

/// The largest element of each window, NaN if one is NaN; cells outside of the image do not take part. At a
/// tie the gradient goes to the first cell, row by row, as in TensorFlow.
/// @throws ValueError if x is not rank 4 or an output length would be zero or negative.
Tensor max_pool2d(const Tensor& x, const Pool2DOptions& options);

/// The mean over the cells of each window that lie inside of the image (as TensorFlow and Keras count).
Tensor average_pool2d(const Tensor& x, const Pool2DOptions& options);

}  // namespace sepal::ops
