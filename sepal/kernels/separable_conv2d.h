// Separable convolution: depthwise, then a product with the pointwise kernel, then bias. Depthwise kernel
// (kh, kw, in_c, depth_multiplier), pointwise kernel (in_c * depth_multiplier, out_c).
#pragma once

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// The arrays of a forward step. `bias` has out_c entries or is null.
template <class T>
struct SeparableForward {
  const T* x;
  const T* depthwise;
  const T* pointwise;
  const T* bias;
  T* y;
};

/// The arrays of a backward step. A gradient whose pointer is null is not wanted.
template <class T>
struct SeparableBackward {
  const T* x;
  const T* depthwise;
  const T* pointwise;
  const T* dy;
  T* dx;
  T* ddepthwise;
  T* dpointwise;
  T* dbias;
};

/// Plain loops over a whole tensor of depthwise outputs, every geometry. Sums are taken in double.
template <class T>
void separable_conv2d_reference(const Window2D& window, const SeparableForward<T>& a);
template <class T>
void separable_conv2d_backward_reference(const Window2D& window, const SeparableBackward<T>& a);

/// Strip by strip in cache, SIMD, every geometry. The same bits for any number of threads.
void separable_conv2d_fused(const Window2D& window, const SeparableForward<float>& a);
void separable_conv2d_backward_fused(const Window2D& window, const SeparableBackward<float>& a);

}  // namespace sepal::kernels
