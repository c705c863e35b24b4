// RandomZoom (keras.layers.RandomZoom).
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

struct RandomZoomOptions {
  /// f for [-f, f], or the two bounds: 0.2 shows 20 % more of the height, -0.2 shows 20 % less.
  NumberOrList height_factor = 0.0;
  /// Not given: that of the height, drawn once for both.
  std::optional<NumberOrList> width_factor = {};
  /// "reflect", "wrap", "constant" or "nearest".
  std::string fill_mode = "reflect";
  /// "bilinear" or "nearest".
  std::string interpolation = "bilinear";
  std::optional<std::int64_t> seed = {};
  double fill_value = 0.0;
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("height_factor", o.height_factor);
    v("width_factor", o.width_factor);
    v("fill_mode", o.fill_mode);
    v("interpolation", o.interpolation);
    v("seed", o.seed);
    v("fill_value", o.fill_value);
    v("data_format", o.data_format);
  }
};

/// Zooms each image around its middle.
class RandomZoomLayer : public AugmentationLayer<RandomZoomOptions> {
 public:
  /// @throws ValueError if a factor is not in (-1, 1]; UnimplementedError for other modes.
  explicit RandomZoomLayer(Options options);

 protected:
  Tensor augment(const Tensor& images, RandomStream& stream) const override;

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
