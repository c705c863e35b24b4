// The convolution of images with few channels: the first layer of most models.
//
// The cells that a kernel row meets lie together in such an image, kernel_w * in_c floats, and so do the
// weights of that row: a row of output pixels is a sum of kernel_h products of matrices that need not be laid
// out first.
#pragma once

#include "sepal/kernels/epilogue.h"
#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// Why the kernel does not serve a problem; empty: it does.
const char* conv2d_direct_refusal(const Window2D& window);

/// Weights as the kernel reads them, for the SIMD target that packed them. Views of memory of
/// `packed_conv2d_floats` floats, aligned to 64 bytes; threads may share them.
struct PackedConv2D {
  const float* kernel;  // [panel][tap and channel][panel_columns]
  const float* bias;    // [filter block][16] or null
  std::int64_t panel_columns;
};

std::int64_t packed_conv2d_floats(const Window2D& window);
/// kernel (kernel_h, kernel_w, in_c, out_c), bias (out_c) or null.
PackedConv2D pack_conv2d(const Window2D& window, const float* kernel, const float* bias, float* memory);

/// Views of memory that pack_conv2d has filled.
PackedConv2D packed_conv2d(const Window2D& window, bool has_bias, const float* memory);

/// channels_last images, float32. The same bits for any number of threads.
void conv2d_direct(const Window2D& window, const float* x, const PackedConv2D& weights,
                   const Epilogue& epilogue, float* y);

}  // namespace sepal::kernels
