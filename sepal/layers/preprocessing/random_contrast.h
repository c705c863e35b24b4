// RandomContrast (keras.layers.RandomContrast).
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

struct RandomContrastOptions {
  /// Bounds (l, u) of a change by a factor in [1 - l, 1 + u]. As in Keras 3.15 a single f stands for (0, f).
  NumberOrList factor = 0.0;
  /// What values are cut to.
  NumberOrList value_range = {0.0, 255.0};
  std::optional<std::int64_t> seed = {};
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("factor", o.factor);
    v("value_range", o.value_range);
    v("seed", o.seed);
    v("data_format", o.data_format);
  }
};

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
