// RandomFlip (keras.layers.RandomFlip).
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

struct RandomFlipOptions {
  /// "horizontal", "vertical" or "horizontal_and_vertical".
  std::string mode = "horizontal_and_vertical";
  std::optional<std::int64_t> seed = {};
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("seed", o.seed);
    v("mode", o.mode);
    v("data_format", o.data_format);
  }
};

/// Flips every second image, by chance. In mode "horizontal_and_vertical" an image is flipped both ways or
/// not at all, as Keras 3.15 does it.
class RandomFlipLayer : public AugmentationLayer<RandomFlipOptions> {
 public:
  /// @throws ValueError for another mode.
  explicit RandomFlipLayer(Options options);

 protected:
  Tensor augment(const Tensor& images, RandomStream& stream) const override;
};

namespace layers {
using RandomFlip = Ref<RandomFlipLayer>;
}

}  // namespace sepal
