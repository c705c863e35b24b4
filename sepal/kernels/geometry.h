// Geometry structs: everything a kernel knows about a problem besides its pointers. Sizes are checked by the
// ops; kernels trust them.
#pragma once

#include <cstdint>

namespace sepal::kernels {

/// a / b rounded up, for lengths.
constexpr std::int64_t ceil_divide(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// A 2-D window sliding over images: convolution, depthwise and separable convolution, pooling.
/// Images are (batch, h, w, c) row-major, or (batch, c, h, w) when channels_first.
struct Window2D {
  std::int64_t batch = 0;
  std::int64_t in_h = 0, in_w = 0, in_c = 0;
  std::int64_t out_h = 0, out_w = 0, out_c = 0;
  std::int64_t kernel_h = 1, kernel_w = 1;
  std::int64_t stride_h = 1, stride_w = 1;
  std::int64_t dilation_h = 1, dilation_w = 1;
  /// Zero (or ignored) cells before the first row and column; those after follow from the sizes.
  std::int64_t pad_top = 0, pad_left = 0;
  /// conv2d: the kernel is (kh, kw, in_c / groups, out_c).
  std::int64_t groups = 1;
  /// depthwise, separable: the depthwise kernel is (kh, kw, in_c, depth_multiplier) and its output channel
  /// c * depth_multiplier + m. For depthwise out_c = in_c * depth_multiplier; for separable out_c = filters
  /// and the pointwise kernel is (in_c * depth_multiplier, out_c).
  std::int64_t depth_multiplier = 1;
  bool channels_first = false;

  bool operator==(const Window2D&) const = default;
};

}  // namespace sepal::kernels
