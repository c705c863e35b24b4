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
  Shape compute_output_shape(const Shape& input_shape) override {
    const ActivationFunction& function = options_.activation;
    // A function of Keras's own, all of which but one work element by element or along an axis.
    const bool keeps_shape = !function.name().empty() && function.registered_name().empty() &&
                             !function.layer() && function.name() != "glu";
    return keeps_shape ? input_shape : ConfiguredLayer::compute_output_shape(input_shape);
  }
};

namespace layers {
using Activation = Ref<ActivationLayer>;
}

}  // namespace sepal
