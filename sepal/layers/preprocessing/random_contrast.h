// RandomContrast (keras.layers.RandomContrast).
#pragma once

#include "sepal/layers/preprocessing/intensity_options.h"

namespace sepal {

/// `factor` has the bounds (l, u) of a change by a factor in [1 - l, 1 + u]. As in Keras 3.15 a single f
/// stands for (0, f).
using RandomContrastOptions = IntensityOptions;

/// Scales each image's distance from the mean of its channel.
class RandomContrastLayer : public AugmentationLayer<RandomContrastOptions> {
 public:
  /// @throws ValueError if the factor is not in [0, 1] or value_range is not two numbers.
  explicit RandomContrastLayer(Options options);

 protected:
  Tensor augment(const Tensor& images, RandomStream& stream) const override;

 private:
  Range factor_;
  Range values_;
};

namespace layers {
using RandomContrast = Ref<RandomContrastLayer>;
}

}  // namespace sepal
