// Pooling over windows and its gradients, float and double, both layouts. Windows have no dilation; cells
// outside of the image do not take part.
#pragma once

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// The largest element of each window; NaN if one is NaN. `taps` (the shape of y, or null) receives which one
/// it was: the number of its cell in the window, row by row, the first one at a tie.
template <class T>
void max_pool2d(const Window2D& window, const T* x, T* y, T* taps);

/// dx from dy and the taps of max_pool2d.
template <class T>
void max_pool2d_backward(const Window2D& window, const T* dy, const T* taps, T* dx);

/// The mean of the cells of each window that lie inside of the image.
template <class T>
void average_pool2d(const Window2D& window, const T* x, T* y);

template <class T>
void average_pool2d_backward(const Window2D& window, const T* dy, T* dx);

}  // namespace sepal::kernels
