// Depthwise convolution: each input channel c meets depth_multiplier filters of its own and gives the output
// channels c * depth_multiplier + m. Kernel (kh, kw, in_c, depth_multiplier).
#pragma once

#include "sepal/kernels/epilogue.h"
#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// The arrays of a forward step. `bias` has one entry per output channel or is null.
template <class T>
struct DepthwiseForward {
  const T* x;
  const T* kernel;
  const T* bias;
  T* y;
};

/// The arrays of a backward step. A gradient whose pointer is null is not wanted; `x` is read only for the
/// kernel's gradient, `kernel` only for the input's.
template <class T>
struct DepthwiseBackward {
  const T* x;
  const T* kernel;
  const T* dy;
  T* dx;
  T* dkernel;
  T* dbias;
};

/// Plain loops, every geometry. Sums are taken in double. Window2D::out_c is not read.
template <class T>
void depthwise_conv2d_reference(const Window2D& window, const DepthwiseForward<T>& a);
template <class T>
void depthwise_conv2d_backward_reference(const Window2D& window, const DepthwiseBackward<T>& a);

/// Weights as the SIMD kernel reads them: views of memory of `packed_depthwise_floats` floats, aligned to 64
/// bytes; threads may share them.
struct PackedDepthwise {
  const float* kernel;  // [block][tap][16]
  const float* bias;    // [block][16] or null
};

std::int64_t packed_depthwise_floats(const Window2D& window);
/// `bias` may be null.
PackedDepthwise pack_depthwise(const Window2D& window, const float* kernel, const float* bias, float* memory);
/// Views of memory that pack_depthwise has filled.
PackedDepthwise packed_depthwise(const Window2D& window, bool has_bias, const float* memory);

/// Strip by strip in cache, SIMD, every geometry. The same bits for any number of threads.
void depthwise_conv2d_simd(const Window2D& window, const float* x, const PackedDepthwise& weights,
                           const Clamp& clamp, float* y);
void depthwise_conv2d_simd(const Window2D& window, const DepthwiseForward<float>& a);
void depthwise_conv2d_backward_simd(const Window2D& window, const DepthwiseBackward<float>& a);

/// total[c] = sum of x over batch and pixels, for images of shape (batch, h, w, channels) or channels first.
template <class T>
void channel_sums_reference(std::int64_t batch, std::int64_t pixels, std::int64_t channels,
                            bool channels_first, const T* x, T* total);

}  // namespace sepal::kernels
