#include "sepal/layers/preprocessing/random_contrast.h"

#include "sepal/ops/reduce.h"

namespace sepal {

RandomContrastLayer::RandomContrastLayer(Options options)
    : AugmentationLayer("RandomContrast", std::move(options)),
      factor_(factor_range(options_.factor, 0.0, 1.0)),
      values_(value_range_from(options_.value_range)) {
  options_.factor = NumberOrList{factor_.lower, factor_.upper};
}

Tensor RandomContrastLayer::augment(const Tensor& images, RandomStream& stream) const {
  const std::int64_t axis = height_axis(images.shape(), options_.data_format);
  const Tensor mean = ops::mean(images, std::vector<std::int64_t>{axis, axis + 1}, true);
  const Tensor factor = drawn_for_images(images, {1.0 - factor_.lower, 1.0 + factor_.upper}, stream);
  const Tensor changed = ops::add(ops::multiply(ops::subtract(images, mean), factor), mean);
  return ops::clip(changed, values_.lower, values_.upper);
}

}  // namespace sepal
