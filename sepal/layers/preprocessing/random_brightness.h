// RandomBrightness (keras.layers.RandomBrightness).
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

struct RandomBrightnessOptions {
  /// In widths of value_range: f for [-f, f], or the two bounds.
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
