#include "sepal/layers/preprocessing/image_batch.h"

#include <fmt/format.h>

#include <limits>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {

int height_axis(const Shape& shape, const std::string& data_format) {
  if (shape.rank() != 3 && shape.rank() != 4) {
    throw ValueError(
        fmt::format("Expected image tensor to have rank 3 (single image) or 4 (batch of images). Received: "
                    "data.shape={}",
                    shape.str()));
  }
  return shape.rank() - (data_format == "channels_first" ? 2 : 3);
}

Shape with_size(const Shape& shape, const std::string& data_format, std::int64_t height, std::int64_t width) {
  Shape result = shape;
  const int axis = height_axis(shape, data_format);
  result[axis] = height;
  result[axis + 1] = width;
  return result;
}

Tensor as_batch(const Tensor& images) {
  return images.rank() == 4 ? images : ops::reshape(images, images.shape().with_front(1));
}

void expect_size(std::int64_t height, std::int64_t width) {
  constexpr std::int64_t kMost = std::numeric_limits<std::int32_t>::max();
  if (height >= 1 && width >= 1 && height <= kMost && width <= kMost) return;
  throw ValueError(
      fmt::format("`height` and `width` must be positive integers of at most 31 bits. Received: height={}, "
                  "width={}",
                  height, width));
}

std::int64_t scaled_length(std::int64_t length, std::int64_t to, std::int64_t from) {
  return static_cast<std::int64_t>(static_cast<float>(checked_multiply(length, to)) /
                                   static_cast<float>(from));
}

Tensor middle_of_aspect(const Tensor& images, int axis, std::int64_t target_height,
                        std::int64_t target_width) {
  const std::int64_t height = images.shape()[axis];
  const std::int64_t width = images.shape()[axis + 1];
  const std::int64_t crop_height =
      std::max<std::int64_t>(1, std::min(height, scaled_length(width, target_height, target_width)));
  const std::int64_t crop_width =
      std::max<std::int64_t>(1, std::min(width, scaled_length(height, target_width, target_height)));
  const std::int64_t top = (height - crop_height) / 2;
  const std::int64_t left = (width - crop_width) / 2;
  return ops::slice(ops::slice(images, axis, top, top + crop_height), axis + 1, left, left + crop_width);
}

}  // namespace sepal
