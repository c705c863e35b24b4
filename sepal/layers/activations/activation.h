// Activation: any activation function as a layer (keras.layers.Activation).
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct ActivationOptions {
  ActivationFunction activation = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("activation", o.activation);
  }
};

/// Any shape in, the shape of the function's result out (the same but for glu).
class ActivationLayer : public ConfiguredLayer<ActivationOptions> {
 public:
  explicit ActivationLayer(Options options) : ConfiguredLayer("Activation", std::move(options)) {
    set_supports_masking();
  }

 protected:
  Tensor call(const Tensor& input, const CallContext&) override { return options_.activation(input); }
};

namespace layers {
using Activation = Ref<ActivationLayer>;
}

}  // namespace sepal
