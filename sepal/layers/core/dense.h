// Dense: a matrix product with the last axis (keras.layers.Dense).
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/lora.h"
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
  /// Adapt the kernel at this rank, which freezes it (layers/lora.h); the adaptation counts alpha / rank
  /// times.
  std::optional<std::int64_t> lora_rank = {};
  std::optional<double> lora_alpha = {};
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
    v("lora_rank", o.lora_rank);
    v("lora_alpha", o.lora_alpha);
  }
};

/// (…, k) -> (…, units). Weights: kernel (k, units), bias (units,).
class DenseLayer : public ConfiguredLayer<DenseOptions>, public LoraLayer {
 public:
  explicit DenseLayer(Options options);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
  void put_config(Json& config) const override;

 private:
  Variable bias_;
};

namespace layers {
using Dense = Ref<DenseLayer>;
}

}  // namespace sepal
