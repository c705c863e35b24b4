// RandomZoom (keras.layers.RandomZoom).
#pragma once

#include "sepal/layers/preprocessing/size_factor_options.h"

namespace sepal {

/// In factors, 0.2 shows 20 % more of the height, -0.2 shows 20 % less. Without `width_factor` one zoom is
/// drawn for both.
using RandomZoomOptions = SizeFactorOptions<std::optional<NumberOrList>>;

/// Zooms each image around its middle.
class RandomZoomLayer : public WarpLayer<RandomZoomOptions> {
 public:
  /// @throws ValueError if a factor is not in (-1, 1]; UnimplementedError for other modes.
  explicit RandomZoomLayer(Options options);

 protected:
  ops::AffineTransform transform(std::int64_t height, std::int64_t width,
                                 RandomStream& stream) const override;

 private:
  Range height_;
  std::optional<Range> width_;
};

/// The transform that shows `height_zoom` times the height and `width_zoom` times the width.
ops::AffineTransform zoom(double height_zoom, double width_zoom, std::int64_t height, std::int64_t width);

namespace layers {
using RandomZoom = Ref<RandomZoomLayer>;
}

}  // namespace sepal
