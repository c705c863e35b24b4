// Depthwise convolution of images with few channels. With 8 channels, blocks of 16 would be half zeros; an
// image row as one line of floats has neighbouring columns in one vector, all of it used.
#pragma once

#include "sepal/kernels/depthwise_conv2d.h"

namespace sepal::kernels {

/// Whether the functions below take this problem: channels last, 1, 2, 4 or 8 of them, one output each, and
/// windows that move by one cell.
bool fits_depthwise_rows(const Window2D& window);

/// As depthwise_conv2d_simd.
void depthwise_rows_forward(const Window2D& window, const float* x, const PackedDepthwise& weights,
                            const Clamp& clamp, float* y);
void depthwise_rows_backward(const Window2D& window, const DepthwiseBackward<float>& a);

}  // namespace sepal::kernels
