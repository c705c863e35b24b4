// SizeFactorOptions: the arguments of the random layers that move or zoom images.
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

template <class WidthFactor>
struct SizeFactorOptions {
  /// In heights of the image: f for [-f, f], or the two bounds.
  NumberOrList height_factor = 0.0;
  /// In widths of the image.
  WidthFactor width_factor = {};
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

}  // namespace sepal
