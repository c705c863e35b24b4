// Dense: a matrix product with the last axis (keras.layers.Dense).
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct DenseOptions {
  std::int64_t units = 0;
  ActivationFunction activation = nullptr;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  static constexpr std::initializer_list<const char*> kRequired = {"units"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("units", o.units);
    v("activation", o.activation);
    v("use_bias", o.use_bias);
    v("kernel_initializer", o.kernel_initializer);
    v("bias_initializer", o.bias_initializer);
    v("kernel_regularizer", o.kernel_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("kernel_constraint", o.kernel_constraint);
    v("bias_constraint", o.bias_constraint);
  }
};

/// (…, k) -> (…, units). Weights: kernel (k, units), bias (units,).
class DenseLayer : public ConfiguredLayer<DenseOptions> {
 public:
  explicit DenseLayer(Options options);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
  void put_config(Json& config) const override;

 private:
  Variable kernel_;
  Variable bias_;
};

namespace layers {
using Dense = Ref<DenseLayer>;
}

}  // namespace sepal
