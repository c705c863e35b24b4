// Images: resizing and affine warps (keras.ops.image.resize, keras.ops.image.affine_transform), as Keras 3.15
// computes them on TensorFlow: positions are float32 numbers, whatever the dtype. Float32 and float64;
// differentiable, and differentiable again.
#pragma once

#include <string>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// How the value at a place between pixels is found; those from `bicubic` on are for resizing only.
enum class Interpolation { nearest, bilinear, bicubic, lanczos3, lanczos5, area };

/// @throws ValueError for a name that Keras does not have either.
Interpolation interpolation_from_name(const std::string& name);

/// Images (n, h, w, c) or (n, c, h, w) in another size. Pixels are squares whose centers lie at halves. With
/// `antialias` an image that shrinks is smoothed by as much; `nearest` and `area` do not know it.
/// @throws ValueError if images is not of rank 4, has no pixel, or a length is below 1.
Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width, Interpolation interpolation,
              bool channels_first = false, bool antialias = false);

/// What lies outside of an image: a constant; the border's pixel ("nearest"); the image mirrored, its border
/// twice ("reflect"); the image again ("wrap").
enum class FillMode { constant, nearest, reflect, wrap };

/// @throws UnimplementedError if there is none of this name (Keras: NotImplementedError).
FillMode fill_mode_from_name(const std::string& name);

/// The pixel in column x and row y of the result shows the place (a0 x + a1 y + a2, b0 x + b1 y + b2) of the
/// image.
struct AffineTransform {
  double a0 = 1.0, a1 = 0.0, a2 = 0.0;
  double b0 = 0.0, b1 = 1.0, b2 = 0.0;
};

struct AffineTransformOptions {
  /// `nearest` or `bilinear`.
  Interpolation interpolation = Interpolation::bilinear;
  FillMode fill_mode = FillMode::constant;
  double fill_value = 0.0;
  bool channels_first = false;
};

/// Each image (n, h, w, c) or (n, c, h, w) through its own transform. The gradient is the transposed map.
/// @throws ValueError if images is not of rank 4 or there is not one transform for each.
Tensor affine_transform(const Tensor& images, const std::vector<AffineTransform>& transforms,
                        const AffineTransformOptions& options = {});

}  // namespace sepal::ops
