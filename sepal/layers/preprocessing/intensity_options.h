// IntensityOptions: the arguments of the random layers that change the values of pixels.
#pragma once

#include "sepal/layers/preprocessing/augmentation.h"

namespace sepal {

struct IntensityOptions {
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

}  // namespace sepal
