// LeakyReLU (keras.layers.LeakyReLU).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct LeakyReLUOptions {
  double negative_slope = 0.3;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("negative_slope", o.negative_slope);
  }
};

/// x where x > 0, else negative_slope * x.
class LeakyReLULayer : public ConfiguredLayer<LeakyReLUOptions> {
 public:
  explicit LeakyReLULayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
};

namespace layers {
using LeakyReLU = Ref<LeakyReLULayer>;
}

}  // namespace sepal
