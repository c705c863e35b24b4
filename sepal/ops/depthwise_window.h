// What depthwise_conv2d and separable_conv2d share: from their operands to the geometry. Not a public header.
#pragma once

#include "sepal/kernels/geometry.h"
#include "sepal/ops/conv.h"

namespace sepal::ops {

/// The geometry of a depthwise step over x with `kernel` (kh, kw, in_c, depth_multiplier), which messages
/// call `argument`; out_c = in_c * depth_multiplier.
/// @throws ValueError if the kernel is not of rank 4, its third length is not x's number of channels, its
/// multiplier is below 1, or as conv_window.
kernels::Window2D depthwise_window(const char* op, const char* argument, const Tensor& x,
                                   const Tensor& kernel, const Conv2DOptions& options);

}  // namespace sepal::ops
