#include "sepal/layers/preprocessing/random_translation.h"

namespace sepal {

RandomTranslationLayer::RandomTranslationLayer(Options options)
    : AugmentationLayer("RandomTranslation", std::move(options)),
      height_(size_factor_range("height_factor", options_.height_factor, false)),
      width_(size_factor_range("width_factor", options_.width_factor, false)) {
  (void)warp_options(options_.interpolation, options_.fill_mode, options_.fill_value, options_.data_format);
}

Tensor RandomTranslationLayer::augment(const Tensor& images, RandomStream& stream) const {
  const int axis = height_axis(images.shape(), options_.data_format);
  std::vector<ops::AffineTransform> transforms(static_cast<std::size_t>(images.shape()[0]));
  for (ops::AffineTransform& transform : transforms) {
    transform.b2 = -height_.draw(stream) * static_cast<double>(images.shape()[axis]);
    transform.a2 = -width_.draw(stream) * static_cast<double>(images.shape()[axis + 1]);
  }
  return ops::affine_transform(
      images, transforms,
      warp_options(options_.interpolation, options_.fill_mode, options_.fill_value, options_.data_format));
}

}  // namespace sepal
