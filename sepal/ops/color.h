// Colors of images (keras.ops.image.rgb_to_grayscale, rgb_to_hsv, hsv_to_rgb, formulas of TensorFlow). The
// three channels are on the last axis. Floats; differentiable.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// 0.2989 red + 0.5870 green + 0.1140 blue: one channel.
/// @throws ValueError if the last axis does not have three elements.
Tensor rgb_to_grayscale(const Tensor& images);

/// Red, green and blue in [0, 1] as hue, saturation and value in [0, 1], and back.
/// @throws as rgb_to_grayscale.
Tensor rgb_to_hsv(const Tensor& images);
Tensor hsv_to_rgb(const Tensor& images);

}  // namespace sepal::ops
