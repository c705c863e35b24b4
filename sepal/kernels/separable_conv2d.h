// Separable convolution: depthwise, then a product with the pointwise kernel, then bias. Depthwise kernel
// (kh, kw, in_c, depth_multiplier), pointwise kernel (in_c * depth_multiplier, out_c).
#pragma once

#include "sepal/kernels/epilogue.h"
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

/// Weights as Keras has them. Each bias may be null; that of the depthwise step is for what follows it in a
/// model, such as a folded BatchNormalization. No depthwise kernel: it is 1x1 and multiplies by 1.
struct SeparableWeights {
  const float* depthwise;
  const float* pointwise;
  const float* bias = nullptr;
  const float* depthwise_bias = nullptr;
};

/// Weights as the fused kernel reads them, for the SIMD target that packed them. Views of memory of
/// `packed_separable_floats` floats, aligned to 64 bytes; threads may share them.
struct PackedSeparable {
  bool multiplies_by_one;       // the depthwise step does nothing else
  const float* depthwise;       // [channel block][tap][16]
  const float* depthwise_bias;  // [channel block][16] or null
  const float* pointwise;       // [panel][channel][panel_columns]
  const float* bias;            // [filter block][16] or null
  std::int64_t panel_columns;
};

/// Columns of a panel of this machine.
std::int64_t separable_panel_columns();
std::int64_t packed_separable_floats(const Window2D& window);
PackedSeparable pack_separable(const Window2D& window, const SeparableWeights& weights, float* memory);
/// Views of memory that pack_separable has filled.
PackedSeparable packed_separable(const Window2D& window, bool has_bias, bool has_depthwise_bias,
                                 const float* memory);

/// What the fused kernel does besides: to the depthwise output, and to y. A residual only with channels last.
struct SeparableEpilogue {
  Clamp depthwise;
  Epilogue y;
  /// Floats from a pixel of y to the next where the channels of other tensors lie between; 0: none do. Only
  /// with channels last. The residual's pixels lie together.
  std::int64_t y_pixel = 0;
};

/// Strip by strip in cache, SIMD, every geometry. The same bits for any number of threads.
void separable_conv2d_fused(const Window2D& window, const float* x, const PackedSeparable& weights,
                            const SeparableEpilogue& epilogue, float* y);
void separable_conv2d_fused(const Window2D& window, const SeparableForward<float>& a);
void separable_conv2d_backward_fused(const Window2D& window, const SeparableBackward<float>& a);

}  // namespace sepal::kernels
