// RandomTranslation (keras.layers.RandomTranslation).
#pragma once

#include "sepal/layers/preprocessing/size_factor_options.h"

namespace sepal {

/// Positive is down and right.
using RandomTranslationOptions = SizeFactorOptions<NumberOrList>;

/// Moves each image by amounts of its own.
class RandomTranslationLayer : public WarpLayer<RandomTranslationOptions> {
 public:
  /// @throws ValueError if a factor is not in [-1, 1]; UnimplementedError for other modes.
  explicit RandomTranslationLayer(Options options);

 protected:
  ops::AffineTransform transform(std::int64_t height, std::int64_t width,
                                 RandomStream& stream) const override;

 private:
  Range height_;
  Range width_;
};

namespace layers {
using RandomTranslation = Ref<RandomTranslationLayer>;
}

}  // namespace sepal
