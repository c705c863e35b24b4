// Other ways to a separable convolution than the fused kernel: two convolutions one after the other, with the
// depthwise output as a whole tensor between them, or one ordinary convolution.
#pragma once

#include <string_view>

#include "sepal/kernels/separable_conv2d.h"

namespace sepal::kernels {

/// The depthwise kernel of depthwise_conv2d.h, then the product of the fused kernel.
void separable_conv2d_split(const Window2D& window, const SeparableForward<float>& a);

/// Two convolutions of oneDNN.
void separable_conv2d_onednn(const Window2D& window, const SeparableForward<float>& a);
/// Why oneDNN does not serve; empty: it does.
std::string_view separable_conv2d_onednn_refusal(const Window2D& window, bool with_bias);

/// The window of the ordinary convolution that computes the same.
Window2D collapsed_window(const Window2D& window);
/// Its kernel (kernel_h, kernel_w, in_c, out_c): the sums over m of depthwise (u, v, c, m) * pointwise
/// (c * depth_multiplier + m, f).
void collapse_kernels(const Window2D& window, const float* depthwise, const float* pointwise, float* kernel);

}  // namespace sepal::kernels
