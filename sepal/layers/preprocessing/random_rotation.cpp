#include "sepal/layers/preprocessing/random_rotation.h"

#include <cmath>
#include <numbers>

namespace sepal {

RandomRotationLayer::RandomRotationLayer(Options options)
    : WarpLayer("RandomRotation", std::move(options)), turns_(factor_range(options_.factor, -1.0, 1.0)) {
  options_.factor = NumberOrList{turns_.lower, turns_.upper};
}

ops::AffineTransform rotation(double angle, std::int64_t height, std::int64_t width) {
  const double cosine = std::cos(angle);
  const double sine = std::sin(angle);
  const double x = 0.5 * static_cast<double>(width - 1);
  const double y = 0.5 * static_cast<double>(height - 1);
  return {.a0 = cosine,
          .a1 = -sine,
          .a2 = x - x * cosine + y * sine,
          .b0 = sine,
          .b1 = cosine,
          .b2 = y - x * sine - y * cosine};
}

ops::AffineTransform RandomRotationLayer::transform(std::int64_t height, std::int64_t width,
                                                    RandomStream& stream) const {
  return rotation(2.0 * std::numbers::pi * turns_.draw(stream), height, width);
}

}  // namespace sepal
