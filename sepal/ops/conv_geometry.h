// From the arguments of a windowed op (convolution, depthwise, separable, pooling) to the geometry that its
// kernels take. Not a public header.
#pragma once

#include <string>

#include "sepal/base/shape.h"
#include "sepal/kernels/geometry.h"
#include "sepal/ops/conv.h"

namespace sepal::ops {

/// The geometry of a window kernel_h x kernel_w over images of shape `x` with `out_c` output channels;
/// depth_multiplier stays 1.
/// @throws ValueError if x is not of rank 4, a stride, dilation or kernel length is below 1, or an output
/// length would be zero or negative.
kernels::Window2D conv_window(const Shape& x, std::int64_t kernel_h, std::int64_t kernel_w,
                              std::int64_t out_c, const Conv2DOptions& options);

/// (n, h, w, c) or (n, c, h, w).
Shape input_shape(const kernels::Window2D& window);
Shape output_shape(const kernels::Window2D& window);

/// @throws ValueError if a defined `bias` does not have the shape (out_c,).
void expect_bias_shape(const char* op, const Tensor& bias, std::int64_t out_c);

/// The sizes in short, for SEPAL_TRACE.
std::string describe(const kernels::Window2D& window);

}  // namespace sepal::ops
