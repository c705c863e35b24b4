#include "sepal/layers/preprocessing/random_brightness.h"

#include <utility>

namespace sepal {

RandomBrightnessLayer::RandomBrightnessLayer(Options options)
    : AugmentationLayer("RandomBrightness", std::move(options)),
      factor_(factor_range(options_.factor, -1.0, 1.0)),
      values_(value_range_from(options_.value_range)) {
  if (values_.lower > values_.upper) std::swap(values_.lower, values_.upper);
  options_.factor = NumberOrList{factor_.lower, factor_.upper};
  options_.value_range = NumberOrList{values_.lower, values_.upper};
}

Tensor RandomBrightnessLayer::augment(const Tensor& images, RandomStream& stream) const {
  const double width = values_.upper - values_.lower;
  const Tensor delta = drawn_for_images(images, {factor_.lower * width, factor_.upper * width}, stream);
  return ops::clip(ops::add(images, delta), values_.lower, values_.upper);
}

}  // namespace sepal
