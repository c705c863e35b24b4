#include "sepal/layers/preprocessing/random_translation.h"

namespace sepal {

RandomTranslationLayer::RandomTranslationLayer(Options options)
    : WarpLayer("RandomTranslation", std::move(options)),
      height_(size_factor_range("height_factor", options_.height_factor, false)),
      width_(size_factor_range("width_factor", options_.width_factor, false)) {}

ops::AffineTransform RandomTranslationLayer::transform(std::int64_t height, std::int64_t width,
                                                       RandomStream& stream) const {
  ops::AffineTransform move;
  move.b2 = -height_.draw(stream) * static_cast<double>(height);
  move.a2 = -width_.draw(stream) * static_cast<double>(width);
  return move;
}

}  // namespace sepal
