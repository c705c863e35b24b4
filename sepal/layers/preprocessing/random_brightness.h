// RandomBrightness (keras.layers.RandomBrightness).
#pragma once

#include "sepal/layers/preprocessing/intensity_options.h"

namespace sepal {

/// `factor` in widths of value_range: f for [-f, f], or the two bounds.
using RandomBrightnessOptions = IntensityOptions;

/// Adds a number of its own to each image.
class RandomBrightnessLayer : public AugmentationLayer<RandomBrightnessOptions> {
 public:
  /// @throws ValueError if the factor is not in [-1, 1] or value_range is not two numbers.
  explicit RandomBrightnessLayer(Options options);

 protected:
  Tensor augment(const Tensor& images, RandomStream& stream) const override;

 private:
  Range factor_;
  Range values_;
};

namespace layers {
using RandomBrightness = Ref<RandomBrightnessLayer>;
}

}  // namespace sepal
