// Convolutions in one, two or three dimensions (keras.ops.conv, depthwise_conv, separable_conv,
// conv_transpose). Images are (batch, spatial axes, channels), or (batch, channels, spatial axes) when
// channels_first. Differentiable in every operand; floats of any size.
//
// One dimension runs as two, with a height of 1; three run as two whose channels are the window's taps along
// depth (ops/conv3d.h).
#pragma once

#include <optional>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/ops/conv.h"

namespace sepal::ops {

/// Conv2DOptions with one number for each spatial axis.
struct ConvOptions {
  std::vector<std::int64_t> strides = {};
  std::vector<std::int64_t> dilation_rate = {};
  Padding padding = Padding::valid;
  bool channels_first = false;
  std::int64_t groups = 1;  // conv only
  KeptWeights kept = {};    // not used while a tape records
};

/// kernel (window, channels / groups, filters); bias (filters,) or not defined.
/// @throws ValueError if shapes or the number of spatial axes (1 to 3) do not fit, TypeError if dtypes
/// differ.
Tensor conv(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options);

/// Each channel by itself, one or two spatial axes; kernel (window, channels, depth_multiplier).
Tensor depthwise_conv(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options);

/// Depthwise, then a window of 1, one or two spatial axes; pointwise_kernel (1s, channels * depth_multiplier,
/// filters).
Tensor separable_conv(const Tensor& x, const Tensor& depthwise_kernel, const Tensor& pointwise_kernel,
                      const Tensor& bias, const ConvOptions& options);

/// The gradient of `conv` by its input, as an op: each element of x adds a window to the result. kernel
/// (window, filters, channels); `output_padding` has one number for each spatial axis. The result's lengths
/// are transposed_output_length.
Tensor conv_transpose(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options,
                      const std::optional<std::vector<std::int64_t>>& output_padding = std::nullopt);

}  // namespace sepal::ops
