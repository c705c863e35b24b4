// Pictures as the input of a model.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sepal/data/image_file.h"
#include "sepal/models/model.h"

namespace sepal::program {

struct ImageArguments {
  /// Height and width; 0: as the model wants them, or the picture has them.
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::string interpolation = "nearest";
};

/// What a model's input wants of a picture.
struct ImageLayout {
  std::optional<std::int64_t> height;
  std::optional<std::int64_t> width;
  std::string color_mode;
  bool channels_first = false;
  std::string interpolation;
};

/// Whether the file begins as a picture does.
/// @throws OSError if it cannot be read.
bool is_image_file(const std::string& path);

/// @throws ValueError if the model has several inputs, or its input is no picture of 1, 3 or 4 channels, or
/// has another size than the one asked for.
ImageLayout image_layout(const Model& model, const ImageArguments& arguments);

/// A batch of pictures, in [0, 255].
/// @throws ValueError if they differ in size and nothing says which one is wanted.
Tensor read_images(std::span<const std::string> paths, const ImageLayout& layout);

}  // namespace sepal::program
