#include "sepal/ops/conv_geometry.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"

namespace sepal::ops {
namespace {

const char* name_of(Padding padding) {
  return padding == Padding::same ? "same" : padding == Padding::causal ? "causal" : "valid";
}

/// Cells from the first to the last tap of a window.
std::int64_t window_extent(std::int64_t kernel, std::int64_t dilation) {
  return checked_add(checked_multiply(kernel - 1, dilation), 1);
}

void expect_positive(const char* argument, std::int64_t h, std::int64_t w) {
  if (h > 0 && w > 0) return;
  throw ValueError(fmt::format(
      "Invalid value for argument `{0}`. Expected strictly positive values. Received: {0}=({1}, {2})",
      argument, h, w));
}

Shape image_shape(const kernels::Window2D& window, std::int64_t h, std::int64_t w, std::int64_t c) {
  return window.channels_first ? Shape{window.batch, c, h, w} : Shape{window.batch, h, w, c};
}

}  // namespace

Padding padding_from_name(const std::string& name) {
  if (name == "valid") return Padding::valid;
  if (name == "same") return Padding::same;
  if (name == "causal") return Padding::causal;
  throw ValueError(fmt::format("`padding` must be 'valid', 'same' or 'causal'. Received: padding={}", name));
}

std::int64_t window_output_length(std::int64_t length, std::int64_t kernel, Padding padding,
                                  std::int64_t stride, std::int64_t dilation) {
  if (length == kNone) return kNone;
  if (padding != Padding::valid) return length / stride + (length % stride == 0 ? 0 : 1);
  const std::int64_t room = length - window_extent(kernel, dilation);
  // Division rounds towards zero; a window larger than the image must give at most zero.
  return room < 0 ? -((-room + stride - 1) / stride) + 1 : room / stride + 1;
}

std::int64_t window_padding_before(std::int64_t length, std::int64_t kernel, Padding padding,
                                   std::int64_t stride, std::int64_t dilation) {
  if (padding == Padding::valid) return 0;
  if (padding == Padding::causal) return window_extent(kernel, dilation) - 1;
  const std::int64_t outputs = window_output_length(length, kernel, padding, stride, dilation);
  const std::int64_t total = (outputs - 1) * stride + window_extent(kernel, dilation) - length;
  return std::max<std::int64_t>(total, 0) / 2;
}

std::int64_t transposed_output_length(std::int64_t length, std::int64_t kernel, Padding padding,
                                      std::int64_t stride, std::int64_t dilation,
                                      std::optional<std::int64_t> output_padding) {
  if (length == kNone) return kNone;
  if (padding == Padding::same && !output_padding) return checked_multiply(length, stride);
  const std::int64_t extent = window_extent(kernel, dilation);
  const std::int64_t window = padding == Padding::same ? extent % 2 : extent;
  const std::int64_t last = output_padding ? checked_add(window, *output_padding) : std::max(window, stride);
  return checked_add(checked_multiply(length - 1, stride), last);
}

std::int64_t transposed_padding_before(std::int64_t length, std::int64_t output_length, std::int64_t kernel,
                                       Padding padding, std::int64_t stride, std::int64_t dilation) {
  if (padding == Padding::valid) return 0;
  const std::int64_t reach =
      checked_add(checked_multiply(length - 1, stride), window_extent(kernel, dilation));
  return std::max<std::int64_t>(reach - output_length, 0) / 2;
}

kernels::Window2D conv_window(const Shape& x, std::int64_t kernel_h, std::int64_t kernel_w,
                              std::int64_t out_c, const Conv2DOptions& options) {
  if (x.rank() != 4) {
    throw ValueError(fmt::format(
        "Kernel shape must have the same length as input, but received a window of shape ({}, {}) "
        "and input of shape {}.",
        kernel_h, kernel_w, x.str()));
  }
  expect_positive("kernel_size", kernel_h, kernel_w);
  expect_positive("strides", options.stride_h, options.stride_w);
  expect_positive("dilation_rate", options.dilation_h, options.dilation_w);

  kernels::Window2D window;
  window.batch = x[0];
  window.in_h = x[options.channels_first ? 2 : 1];
  window.in_w = x[options.channels_first ? 3 : 2];
  window.in_c = x[options.channels_first ? 1 : 3];
  window.out_c = out_c;
  window.kernel_h = kernel_h;
  window.kernel_w = kernel_w;
  window.stride_h = options.stride_h;
  window.stride_w = options.stride_w;
  window.dilation_h = options.dilation_h;
  window.dilation_w = options.dilation_w;
  window.groups = options.groups;
  window.channels_first = options.channels_first;

  const Padding padding = options.padding;
  window.out_h = window_output_length(window.in_h, kernel_h, padding, window.stride_h, window.dilation_h);
  window.out_w = window_output_length(window.in_w, kernel_w, padding, window.stride_w, window.dilation_w);
  if (window.out_h <= 0 || window.out_w <= 0) {
    throw ValueError(
        fmt::format("Computed output size would be zero or negative. Received: inputs shape={}, kernel "
                    "shape=({}, {}, {}, "
                    "{}), dilation_rate=({}, {}), strides=({}, {}), padding={}",
                    x.str(), kernel_h, kernel_w, window.in_c, out_c, window.dilation_h, window.dilation_w,
                    window.stride_h, window.stride_w, name_of(padding)));
  }
  window.pad_top = window_padding_before(window.in_h, kernel_h, padding, window.stride_h, window.dilation_h);
  window.pad_left = window_padding_before(window.in_w, kernel_w, padding, window.stride_w, window.dilation_w);
  return window;
}

Shape input_shape(const kernels::Window2D& window) {
  return image_shape(window, window.in_h, window.in_w, window.in_c);
}

Shape output_shape(const kernels::Window2D& window) {
  return image_shape(window, window.out_h, window.out_w, window.out_c);
}

void expect_bias_shape(const char* op, const Tensor& bias, std::int64_t out_c) {
  if (!bias.defined() || bias.shape() == Shape{out_c}) return;
  throw ValueError(fmt::format("{}: argument `bias` must have shape ({},). Received: bias.shape={}", op,
                               out_c, bias.shape().str()));
}

std::string describe(const kernels::Window2D& window) {
  return fmt::format("x {} -> {} kernel {}x{} strides {}x{} dilation {}x{} groups {}{}",
                     input_shape(window).str(), output_shape(window).str(), window.kernel_h, window.kernel_w,
                     window.stride_h, window.stride_w, window.dilation_h, window.dilation_w, window.groups,
                     window.channels_first ? " channels_first" : "");
}

}  // namespace sepal::ops
