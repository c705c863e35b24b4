// Identity (keras.layers.Identity).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"

namespace sepal {

struct IdentityOptions {
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self&, Visitor&) {}
};

/// The input, or inputs, as they are.
class IdentityLayer : public MovingLayer<IdentityOptions> {
 public:
  explicit IdentityLayer(Options options) : MovingLayer("Identity", std::move(options)) {
    set_supports_masking();
  }

 protected:
  void build_all(const Shapes&) override {}
  Tensors call_all(const Tensors& inputs, const CallContext&) override { return inputs; }
  Shapes compute_output_shapes(const Shapes& input_shapes) override { return input_shapes; }
};

namespace layers {
using Identity = Ref<IdentityLayer>;
}

}  // namespace sepal
