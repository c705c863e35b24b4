#include "sepal/layers/preprocessing/random_rotation.h"

#include <cmath>
#include <numbers>

namespace sepal {

RandomRotationLayer::RandomRotationLayer(Options options)
    : AugmentationLayer("RandomRotation", std::move(options)),
      turns_(factor_range(options_.factor, -1.0, 1.0)) {
  options_.factor = NumberOrList{turns_.lower, turns_.upper};
  (void)warp_options(options_.interpolation, options_.fill_mode, options_.fill_value, options_.data_format);
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

Tensor RandomRotationLayer::augment(const Tensor& images, RandomStream& stream) const {
  const int axis = height_axis(images.shape(), options_.data_format);
  std::vector<ops::AffineTransform> transforms(static_cast<std::size_t>(images.shape()[0]));
  for (ops::AffineTransform& transform : transforms) {
    const double angle = 2.0 * std::numbers::pi * turns_.draw(stream);
    transform = rotation(angle, images.shape()[axis], images.shape()[axis + 1]);
  }
  return ops::affine_transform(
      images, transforms,
      warp_options(options_.interpolation, options_.fill_mode, options_.fill_value, options_.data_format));
}

}  // namespace sepal
