// Pictures in another size, with the arithmetic of Pillow, so that models see the bits they would see in
// Keras.
#pragma once

#include <string>

#include "sepal/data/image_codecs.h"

namespace sepal {

/// A part of a picture, in pixels.
struct ImageBox {
  std::int64_t top = 0;
  std::int64_t left = 0;
  ImageSize size;
};

/// The box of the picture, in another size.
/// @throws ValueError for an interpolation that Keras does not have.
Pixels resample(const Pixels& pixels, ImageBox box, ImageSize size, const std::string& interpolation);

}  // namespace sepal
