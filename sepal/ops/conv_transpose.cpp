#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/conv2d_gradients.h"
#include "sepal/ops/conv3d.h"
#include "sepal/ops/conv_axes.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"

namespace sepal::ops {
namespace {

using kernels::Window2D;
using OutputPadding = std::optional<std::int64_t>;

/// The convolution from the result's shape to x's: its gradient by its input is the transposed one.
Window2D transposed_window(const Tensor& x, const Tensor& kernel, const Conv2DOptions& options,
                           OutputPadding padding_h, OutputPadding padding_w) {
  const int height_axis = options.channels_first ? 2 : 1;
  const std::int64_t in_h = x.shape()[height_axis];
  const std::int64_t in_w = x.shape()[height_axis + 1];
  const std::int64_t channels = x.shape()[options.channels_first ? 1 : 3];
  const Shape& k = kernel.shape();
  if (k[3] != channels) {
    throw ValueError(
        fmt::format("conv_transpose: the last axis of argument `kernel` must be the number of input channels "
                    "{}. Received: x.shape={}, kernel.shape={}",
                    channels, x.shape().str(), k.str()));
  }
  const std::int64_t h =
      transposed_output_length(in_h, k[0], options.padding, options.stride_h, options.dilation_h, padding_h);
  const std::int64_t w =
      transposed_output_length(in_w, k[1], options.padding, options.stride_w, options.dilation_w, padding_w);
  if (in_h < 1 || in_w < 1 || h < 1 || w < 1) {
    throw ValueError(
        fmt::format("Computed output size would be zero or negative. Received: inputs shape={}, kernel "
                    "shape={}, strides=({}, {}), dilation_rate=({}, {})",
                    x.shape().str(), k.str(), options.stride_h, options.stride_w, options.dilation_h,
                    options.dilation_w));
  }
  const Shape image =
      options.channels_first ? Shape{x.shape()[0], k[2], h, w} : Shape{x.shape()[0], h, w, k[2]};
  Window2D window = conv_window(image, k[0], k[1], channels, options);
  // An output padding may leave the convolution other lengths than x has.
  window.out_h = in_h;
  window.out_w = in_w;
  window.pad_top =
      transposed_padding_before(in_h, h, k[0], options.padding, options.stride_h, options.dilation_h);
  window.pad_left =
      transposed_padding_before(in_w, w, k[1], options.padding, options.stride_w, options.dilation_w);
  return window;
}

Tensor with_bias(const Tensor& y, const Tensor& bias, const ConvOptions& options) {
  if (!bias.defined()) return y;
  const int axis = options.channels_first ? 1 : y.rank() - 1;
  expect_bias_shape("conv_transpose", bias, y.shape()[axis]);
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(y.rank()), 1));
  shape[axis] = bias.num_elements();
  return add(y, reshape(bias, shape));
}

}  // namespace

Tensor conv_transpose(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options,
                      const std::optional<std::vector<std::int64_t>>& output_padding) {
  constexpr const char* kOp = "conv_transpose";
  const std::size_t axes = checked_spatial_axes(kOp, {{"x", x}, {"kernel", kernel}}, options, 3);
  if (bias.defined()) expect_one_computable_dtype(kOp, {{"x", x}, {"bias", bias}});
  if (is_half(x.dtype())) {
    return in_float32([&](const auto&... wide) { return conv_transpose(wide..., options, output_padding); },
                      x, kernel, bias);
  }
  if (output_padding && (output_padding->size() != axes || std::ranges::min(*output_padding) < 0)) {
    throw ValueError(fmt::format("{}: `output_padding` must have {} entries, none negative. Received: ({})",
                                 kOp, axes, fmt::join(*output_padding, ", ")));
  }
  if (axes == 3) return with_bias(conv3d_transpose(x, kernel, options, output_padding), bias, options);
  const bool flat = axes == 1;
  const Tensor image = flat ? with_height(x, options.channels_first) : x;
  const Tensor window_kernel = flat ? kernel_with_height(kernel) : kernel;
  const OutputPadding padding_w = output_padding ? OutputPadding(output_padding->back()) : std::nullopt;
  const OutputPadding padding_h = flat             ? std::nullopt
                                  : output_padding ? OutputPadding((*output_padding)[0])
                                                   : std::nullopt;
  const Window2D window =
      transposed_window(image, window_kernel, plane_options(options), padding_h, padding_w);
  const Tensor y = conv2d_input_gradient(image, window_kernel, window);
  return with_bias(flat ? without_height(y, options.channels_first) : y, bias, options);
}

}  // namespace sepal::ops
