#include "sepal/layers/operations/image_form.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal {

void expect_image_rank(const Shape& shape) {
  if (shape.rank() == 3 || shape.rank() == 4) return;
  throw ValueError(
      fmt::format("Invalid images rank: expected rank 3 (single image) or rank 4 (batch of images). "
                  "Received: images.shape={}",
                  shape.str()));
}

std::vector<int> to_channels_last(int rank) {
  return rank == 4 ? std::vector<int>{0, 2, 3, 1} : std::vector<int>{1, 2, 0};
}
std::vector<int> to_channels_first(int rank) {
  return rank == 4 ? std::vector<int>{0, 3, 1, 2} : std::vector<int>{2, 0, 1};
}

Shape reordered(const Shape& shape, const std::vector<int>& order) {
  Shape result;
  for (const int axis : order) result.push_back(shape[axis]);
  return result;
}

}  // namespace sepal
