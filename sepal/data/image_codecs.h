// PNG and JPEG files to pixels. One file for each library; image_codecs_stub.cpp where there is none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sepal/data/image_file.h"

namespace sepal {

/// Samples of 8 bits, row by row, the channels of a pixel together.
struct Pixels {
  ImageSize size;
  std::int64_t channels = 4;
  std::vector<std::uint8_t> samples;
};

/// Red, green, blue and alpha of each pixel. `file` stands in messages.
/// @throws ValueError if the bytes are damaged or the picture is larger than `expect_fitting_size` allows.
Pixels decode_png(std::span<const std::byte> bytes, const std::string& file);
Pixels decode_jpeg(std::span<const std::byte> bytes, const std::string& file);

/// Refuses a picture before memory is taken for its pixels.
/// @throws ValueError naming the file and its size.
void expect_fitting_size(ImageSize size, const std::string& file);

}  // namespace sepal
