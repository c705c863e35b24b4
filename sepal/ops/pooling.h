// Pooling over windows (keras.ops.max_pool, keras.ops.average_pool). Float32 and float64; differentiable
// once, a second derivative is a RuntimeError.
#pragma once

#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/ops/conv.h"

namespace sepal::ops {

struct Pool2DOptions {
  std::int64_t pool_h = 2, pool_w = 2;
  std::int64_t stride_h = 2, stride_w = 2;
  Padding padding = Padding::valid;
  bool channels_first = false;

  bool operator==(const Pool2DOptions&) const = default;
};

/// The largest element of each window, NaN if one is NaN; cells outside of the image do not take part. At a
/// tie the gradient goes to the first cell, row by row, as in TensorFlow.
/// @throws ValueError if x is not rank 4 or an output length would be zero or negative.
Tensor max_pool2d(const Tensor& x, const Pool2DOptions& options);

/// The mean over the cells of each window that lie inside of the image (as TensorFlow and Keras count).
Tensor average_pool2d(const Tensor& x, const Pool2DOptions& options);

/// Pool2DOptions with one number for each spatial axis.
struct PoolOptions {
  std::vector<std::int64_t> pool_size = {};
  std::vector<std::int64_t> strides = {};
  Padding padding = Padding::valid;
  bool channels_first = false;
};

/// The same over one, two or three spatial axes (keras.ops.max_pool): a single axis is an image of height 1;
/// three axes are pooled as planes, then along depth, which is the same, as both a maximum and the number of
/// cells inside of a window fall apart into axes.
/// @throws ValueError if x does not have two axes more than the options, or as max_pool2d.
Tensor max_pool(const Tensor& x, const PoolOptions& options);
Tensor average_pool(const Tensor& x, const PoolOptions& options);

/// As many windows along each spatial axis as `output_size` says (keras.ops.adaptive_max_pool): of `length`
/// cells, window i of `count` has those from i*length/count, rounded down, to (i+1)*length/count, rounded up.
/// @throws ValueError unless output_size has a positive number, at most 65,536, for each spatial axis of x.
Tensor adaptive_max_pool(const Tensor& x, const std::vector<std::int64_t>& output_size, bool channels_first);
Tensor adaptive_average_pool(const Tensor& x, const std::vector<std::int64_t>& output_size,
                             bool channels_first);

}  // namespace sepal::ops
