// ELU (keras.layers.ELU; Clevert et al. 2016).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/activations.h"

namespace sepal {

struct ELUOptions {
  double alpha = 1.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("alpha", o.alpha);
  }
};

/// x where x > 0, else alpha * (exp(x) - 1).
class ELULayer : public ConfiguredLayer<ELUOptions> {
 public:
  explicit ELULayer(Options options) : ConfiguredLayer("ELU", std::move(options)) { set_supports_masking(); }

 protected:
  Tensor call(const Tensor& input, const CallContext&) override { return ops::elu(input, options_.alpha); }
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
};

namespace layers {
using ELU = Ref<ELULayer>;
}

}  // namespace sepal
