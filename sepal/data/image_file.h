// Pictures from PNG and JPEG files (keras.utils.load_img, keras.utils.img_to_array).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// In pixels; in Keras's order.
struct ImageSize {
  std::int64_t height = 0;
  std::int64_t width = 0;
  bool operator==(const ImageSize&) const = default;
};

struct LoadImgOptions {
  /// "rgb", "grayscale" (ITU-R 601-2 luma) or "rgba"; alpha is dropped, not blended, where it is not asked
  /// for.
  std::string color_mode = "rgb";
  /// Not given: the picture's own.
  std::optional<ImageSize> target_size = {};
  /// "nearest", "bilinear", "bicubic", "lanczos", "box" or "hamming". All but "nearest" average over what a
  /// shrunk pixel covers. To the last bit what Pillow does, which Keras asks; since its version 13 Pillow
  /// resizes the axes in the other order where that is quicker, which may round differently by 1, but for
  /// "nearest".
  std::string interpolation = "nearest";
  /// Crop to the target's proportions, around the center, before resizing.
  bool keep_aspect_ratio = false;
  /// The result is (channels, height, width) instead of (height, width, channels).
  bool channels_first = false;
};

/// The picture as float32 in [0, 255], like `img_to_array(load_img(path, …))`. The kind of file is told by
/// its content. Of 16 bits a sample the upper 8 count; gamma and orientation notes in a file are ignored, as
/// Keras does.
/// @throws OSError if the file cannot be read; ValueError naming the file if it is no such picture, is
/// damaged, cut short or too large, or naming a bad option; UnimplementedError for any picture where
/// Sepal was built without picture files.
Tensor load_img(const std::string& path, const LoadImgOptions& options = {});

/// Whether the bytes begin as a PNG or JPEG file does.
bool is_image(std::span<const std::byte> begin);

}  // namespace sepal
