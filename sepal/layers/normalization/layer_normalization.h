// LayerNormalization (keras.layers.LayerNormalization; Ba, Kiros and Hinton 2016).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct LayerNormalizationOptions {
  /// One axis, or several that are normalized together.
  IntTuple axis = -1;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = nullptr;
  Regularizer gamma_regularizer = nullptr;
  Constraint beta_constraint = nullptr;
  Constraint gamma_constraint = nullptr;
  /// Keeps the mean, and has a gamma and no beta whatever `scale` and `center` say (deprecated in Keras).
  bool rms_scaling = false;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("epsilon", o.epsilon);
    v("center", o.center);
    v("scale", o.scale);
    v("rms_scaling", o.rms_scaling);
    v("beta_initializer", o.beta_initializer);
    v("gamma_initializer", o.gamma_initializer);
    v("beta_regularizer", o.beta_regularizer);
    v("gamma_regularizer", o.gamma_regularizer);
    v("beta_constraint", o.beta_constraint);
    v("gamma_constraint", o.gamma_constraint);
  }
};

/// Each sample by its own mean and variance over `axis`, the same in training and after. Weights: gamma,
/// beta, of the lengths of these axes in ascending order.
class LayerNormalizationLayer : public ConfiguredLayer<LayerNormalizationOptions> {
 public:
  explicit LayerNormalizationLayer(Options options);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  /// @throws ValueError if an axis is out of bounds.
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Variable gamma_;
  Variable beta_;
};

namespace layers {
using LayerNormalization = Ref<LayerNormalizationLayer>;
}

}  // namespace sepal
