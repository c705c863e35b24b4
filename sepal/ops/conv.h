// Two-dimensional convolutions (tf.nn.conv2d, tf.nn.depthwise_conv2d, tf.nn.separable_conv2d; keras.ops of
// the same names). Differentiable in every operand; floats of any size.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/tensor.h"
#include "sepal/ops/kept_weights.h"

namespace sepal::ops {

/// `causal`: an output sees no input behind its own place; one dimension only.
enum class Padding { valid, same, causal };

/// Rows and columns of zeros around every image.
struct ZeroFrame {
  std::int64_t top = 0, bottom = 0, left = 0, right = 0;
};

struct Conv2DOptions {
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  Padding padding = Padding::valid;
  bool channels_first = false;
  std::int64_t groups = 1;  // conv2d only
  KeptWeights kept = {};    // not used while a tape records
  ZeroFrame frame = {};     // depthwise and separable only; the images are as if they had it already
};

/// "valid", "same" or "causal".
/// @throws ValueError for anything else.
Padding padding_from_name(const std::string& name);

/// Length of a convolution's or pooling's output along one axis: VALID floor((n - e) / s) + 1, SAME and
/// CAUSAL ceil(n / s), with e = (kernel - 1) * dilation + 1. kNone stays kNone. May be zero or negative: the
/// caller decides what that means.
std::int64_t window_output_length(std::int64_t length, std::int64_t kernel, Padding padding,
                                  std::int64_t stride, std::int64_t dilation);

/// Cells in front of the first input cell: SAME floor(total / 2), so the odd cell goes to the end; VALID 0;
/// CAUSAL e - 1.
std::int64_t window_padding_before(std::int64_t length, std::int64_t kernel, Padding padding,
                                   std::int64_t stride, std::int64_t dilation);

/// Length of a transposed convolution's output along one axis, with e as above. Without `output_padding`:
/// VALID (n - 1) * s + max(e, s), SAME n * s. With it: VALID (n - 1) * s + e + output_padding, SAME (n - 1) *
/// s
/// + e mod 2 + output_padding. kNone stays kNone; may be zero or negative.
/// @throws ValueError if the length leaves 63 bits.
std::int64_t transposed_output_length(std::int64_t length, std::int64_t kernel, Padding padding,
                                      std::int64_t stride, std::int64_t dilation,
                                      std::optional<std::int64_t> output_padding);

/// Cells of the first window in front of the first cell of a transposed convolution's output of
/// `output_length`.
std::int64_t transposed_padding_before(std::int64_t length, std::int64_t output_length, std::int64_t kernel,
                                       Padding padding, std::int64_t stride, std::int64_t dilation);

/// Cross-correlation. x (n, h, w, c) or (n, c, h, w); kernel (kh, kw, c / groups, filters); bias (filters,)
/// or not defined. Result (n, oh, ow, filters) or (n, filters, oh, ow).
/// @throws ValueError if shapes do not fit, TypeError if dtypes differ.
Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor& bias, const Conv2DOptions& options = {});

/// Each channel by itself. kernel (kh, kw, c, depth_multiplier); output channel c * depth_multiplier + m;
/// bias (c * depth_multiplier,) or not defined.
Tensor depthwise_conv2d(const Tensor& x, const Tensor& kernel, const Tensor& bias,
                        const Conv2DOptions& options = {});

/// Depthwise, then 1x1, then bias: nothing in between. depthwise_kernel (kh, kw, c, m), pointwise_kernel
/// (1, 1, c * m, filters), bias (filters,) or not defined. Strides, dilation and padding belong to the
/// depthwise step.
Tensor separable_conv2d(const Tensor& x, const Tensor& depthwise_kernel, const Tensor& pointwise_kernel,
                        const Tensor& bias, const Conv2DOptions& options = {});

}  // namespace sepal::ops
