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

}  // namespace sepal
