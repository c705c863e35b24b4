// MultiHeadAttention (keras.layers.MultiHeadAttention, Vaswani et al. 2017).
#pragma once

#include "sepal/layers/attention/causal_attention.h"
#include "sepal/layers/core/einsum_dense.h"
#include "sepal/layers/regularization/seed_generator.h"

namespace sepal {

struct MultiHeadAttentionOptions {
  std::int64_t num_heads = 0;
  std::int64_t key_dim = 0;
  std::optional<std::int64_t> value_dim = {};  // nullopt: key_dim
  double dropout = 0.0;
  bool use_bias = true;
  std::optional<IntTuple> output_shape = {};    // nullopt: the query's last axis
  std::optional<IntTuple> attention_axes = {};  // (1,) or nullopt: all between batch and features
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  static constexpr std::initializer_list<const char*> kRequired = {"num_heads", "key_dim"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("num_heads", o.num_heads);
    v("key_dim", o.key_dim);
    v("value_dim", o.value_dim);
    v("dropout", o.dropout);
    v("use_bias", o.use_bias);
    v("output_shape", o.output_shape);
    v("attention_axes", o.attention_axes);
    v("kernel_initializer", o.kernel_initializer);
    v("bias_initializer", o.bias_initializer);
    v("kernel_regularizer", o.kernel_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("kernel_constraint", o.kernel_constraint);
    v("bias_constraint", o.bias_constraint);
    v("seed", o.seed);
  }
};

/// Inputs, each (batch, steps, features): query, value and, if it is not the value, key: result (batch, steps
/// of the query, output_shape). Masks of the inputs say which steps count. The layers inside, query, key,
/// value and attention_output, hold the weights.
class MultiHeadAttentionLayer : public ConfiguredLayer<MultiHeadAttentionOptions>, public CausalAttention {
 public:
  /// @throws ValueError if num_heads, key_dim or value_dim is not positive; UnimplementedError for other
  /// attention_axes than the second.
  explicit MultiHeadAttentionLayer(Options options);

  /// Empty before the layer is built.
  std::vector<std::shared_ptr<Layer>> sublayers() const override;
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> attribute_sublayers() const override;

 protected:
  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  Tensors compute_masks(const Tensors&, const Tensors& masks) override {
    return masks.empty() ? Tensors() : Tensors{masks[0]};
  }
  void put_config(Json& config) const override;

 private:
  std::shared_ptr<EinsumDenseLayer> projection(const char* name, const char* equation,
                                               const EinsumOutputShape& output_shape,
                                               const char* bias_axes) const;

  SeedGenerator generator_;
  std::shared_ptr<EinsumDenseLayer> query_;
  std::shared_ptr<EinsumDenseLayer> key_;
  std::shared_ptr<EinsumDenseLayer> value_;
  std::shared_ptr<EinsumDenseLayer> output_;
};

namespace layers {
using MultiHeadAttention = Ref<MultiHeadAttentionLayer>;
}

}  // namespace sepal
