// Two-dimensional convolution and its gradients: the reference, for float and double, any geometry.
#pragma once

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// y = x cross-correlated with kernel, plus bias (null: none).
template <class T>
void conv2d(const Window2D& window, const T* x, const T* kernel, const T* bias, T* y);

/// The gradient of x.
template <class T>
void conv2d_backward_input(const Window2D& window, const T* dy, const T* kernel, T* dx);

/// The gradient of kernel.
template <class T>
void conv2d_backward_kernel(const Window2D& window, const T* x, const T* dy, T* dkernel);

}  // namespace sepal::kernels
