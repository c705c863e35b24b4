// RandomRotation (keras.layers.RandomRotation).
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

struct RandomRotationOptions {
  /// In full turns: f for [-f, f], or the two bounds.
  NumberOrList factor = 0.0;
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
    v("factor", o.factor);
    v("data_format", o.data_format);
    v("fill_mode", o.fill_mode);
    v("fill_value", o.fill_value);
    v("interpolation", o.interpolation);
    v("seed", o.seed);
  }
};

/// Turns each image around its middle by an angle of its own.
class RandomRotationLayer : public WarpLayer<RandomRotationOptions> {
 public:
  /// @throws ValueError if the factor is not in [-1, 1]; UnimplementedError for other modes.
  explicit RandomRotationLayer(Options options);

 protected:
  ops::AffineTransform transform(std::int64_t height, std::int64_t width,
                                 RandomStream& stream) const override;

 private:
  Range turns_;
};

/// The transform that turns an image of this size by `angle` (radians).
ops::AffineTransform rotation(double angle, std::int64_t height, std::int64_t width);

namespace layers {
using RandomRotation = Ref<RandomRotationLayer>;
}

}  // namespace sepal
