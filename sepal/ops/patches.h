// Windows of images as axes of their own, and the sum of such windows (keras.ops.image.extract_patches,
// keras.ops.unfold, keras.ops.fold). Any dtype that the moves between know; differentiable.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// A window over the rows or the columns of an image.
struct PatchAxis {
  std::int64_t window = 1;
  std::int64_t stride = 1;
  std::int64_t dilation = 1;
  std::int64_t before = 0;  // zeros around the image
  std::int64_t after = 0;

  /// Number of windows over `length` cells.
  /// @throws ValueError if a number is out of range or no window fits.
  std::int64_t windows(std::int64_t length) const;
};

/// images (n, h, w, c): result (n, windows of the rows, windows of the columns, window, window, c).
/// @throws ValueError as `windows`, or if images is not of rank 4.
Tensor patches(const Tensor& images, const PatchAxis& rows, const PatchAxis& columns);

/// The transposed map: windows as `patches` gives them, added up at their places in an image (n, height,
/// width, c).
/// @throws ValueError if the windows are not those of such an image.
Tensor sum_of_patches(const Tensor& windows, const PatchAxis& rows, const PatchAxis& columns,
                      std::int64_t height, std::int64_t width);

}  // namespace sepal::ops
