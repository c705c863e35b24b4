// Three-dimensional convolution and its transpose, made of two-dimensional ones. Not a public header.
//
// For an output at depth z, the window's tap t along depth reads the image at depth z * stride + t *
// dilation. Those images side by side as channels, and the kernel's taps with them, make a convolution in two
// dimensions: one large product instead of one for each tap. Copying the taps costs as many images as the
// window is deep.
#pragma once

#include "sepal/ops/conv_nd.h"

namespace sepal::ops {

/// x (n, d, h, w, c) or (n, c, d, h, w); kernel (kd, kh, kw, c / groups, filters).
Tensor conv3d(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options);

/// kernel (kd, kh, kw, filters, c); no bias.
Tensor conv3d_transpose(const Tensor& x, const Tensor& kernel, const ConvOptions& options,
                        const std::optional<std::vector<std::int64_t>>& output_padding);

}  // namespace sepal::ops
