#include "sepal/ops/depthwise_window.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/conv_geometry.h"

namespace sepal::ops {
namespace {

Shape framed(Shape image, const Conv2DOptions& options) {
  if (image.rank() != 4) return image;
  const int h = options.channels_first ? 2 : 1;
  image[h] = checked_add(image[h], options.frame.top + options.frame.bottom);
  image[h + 1] = checked_add(image[h + 1], options.frame.left + options.frame.right);
  return image;
}

}  // namespace

kernels::Window2D depthwise_window(const char* op, const char* argument, const Tensor& x,
                                   const Tensor& kernel, const Conv2DOptions& options) {
  const Shape& shape = kernel.shape();
  if (shape.rank() != 4) {
    throw ValueError(fmt::format(
        "{0}: argument `{1}` must have shape (kernel_h, kernel_w, in_channels, depth_multiplier). Received: "
        "{1}.shape={2}",
        op, argument, shape.str()));
  }
  kernels::Window2D window = conv_window(framed(x.shape(), options), shape[0], shape[1], 0, options);
  const ZeroFrame& frame = options.frame;
  window.in_h -= frame.top + frame.bottom;
  window.in_w -= frame.left + frame.right;
  window.pad_top += frame.top;
  window.pad_left += frame.left;
  if (shape[2] != window.in_c) {
    throw ValueError(
        fmt::format("{0}: the third axis of argument `{1}` must be the number of input channels {2}. "
                    "Received: x.shape={3}, {1}.shape={4}",
                    op, argument, window.in_c, x.shape().str(), shape.str()));
  }
  if (shape[3] < 1) {
    throw ValueError(
        fmt::format("Invalid value for argument `depth_multiplier`. Expected a strictly positive value. "
                    "Received: {}.shape={}",
                    argument, shape.str()));
  }
  window.depth_multiplier = shape[3];
  window.out_c = checked_multiply(window.in_c, shape[3]);
  return window;
}

}  // namespace sepal::ops
