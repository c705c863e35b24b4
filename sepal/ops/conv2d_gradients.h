// The gradients of conv2d as ops of their own: each is linear in both operands, and their gradients are
// conv2d and each other, so derivatives of any order exist. Not a public header.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/kernels/geometry.h"

namespace sepal::ops {

/// The gradient of x, of the shape input_shape(window); also the transposed convolution of dy.
Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const kernels::Window2D& window);

/// The gradient of kernel.
Tensor conv2d_kernel_gradient(const Tensor& x, const Tensor& dy, const kernels::Window2D& window);

}  // namespace sepal::ops
