// GroupNormalization (keras.layers.GroupNormalization; Wu and He 2018).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct GroupNormalizationOptions {
  /// Groups of channels, each normalized by itself; -1: each channel (instance normalization).
  std::int64_t groups = 32;
  /// The axis of the channels.
  std::int64_t axis = -1;
  double epsilon = 1e-3;
  bool center = true;
  bool scale = true;
  Initializer beta_initializer = "zeros";
  Initializer gamma_initializer = "ones";
  Regularizer beta_regularizer = nullptr;
  Regularizer gamma_regularizer = nullptr;
  Constraint beta_constraint = nullptr;
  Constraint gamma_constraint = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("groups", o.groups);
    v("axis", o.axis);
    v("epsilon", o.epsilon);
    v("center", o.center);
    v("scale", o.scale);
    v("beta_initializer", o.beta_initializer);
    v("gamma_initializer", o.gamma_initializer);
    v("beta_regularizer", o.beta_regularizer);
    v("gamma_regularizer", o.gamma_regularizer);
    v("beta_constraint", o.beta_constraint);
    v("gamma_constraint", o.gamma_constraint);
  }
};

/// Each group of each sample by its own mean and variance, the same in training and after. Weights: gamma,
/// beta (channels,).
class GroupNormalizationLayer : public ConfiguredLayer<GroupNormalizationOptions> {
 public:
  explicit GroupNormalizationLayer(Options options);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  /// @throws ValueError if the axis is out of bounds.
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Variable gamma_;
  Variable beta_;
};

namespace layers {
using GroupNormalization = Ref<GroupNormalizationLayer>;
}

}  // namespace sepal
