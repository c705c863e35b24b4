// ReLU (keras.layers.ReLU).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct ReLUOptions {
  /// None: no upper bound.
  std::optional<double> max_value = {};
  double negative_slope = 0.0;
  double threshold = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("max_value", o.max_value);
    v("negative_slope", o.negative_slope);
    v("threshold", o.threshold);
  }
};

/// max_value where x >= max_value, x where x >= threshold, else negative_slope * (x - threshold).
class ReLULayer : public ConfiguredLayer<ReLUOptions> {
 public:
  explicit ReLULayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
};

namespace layers {
using ReLU = Ref<ReLULayer>;
}

}  // namespace sepal
