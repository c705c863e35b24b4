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
  std::optional<IntTuple> attention_axes = {};  // nullopt: all between batch and features
  /// A query sees the keys that are fewer steps away than that; nullopt: all.
  std::optional<std::int64_t> sliding_window = {};
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  /// What is attended to is multiplied with a sigmoid of the query.
  bool use_gate = false;
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
    v("use_gate", o.use_gate);
    v("output_shape", o.output_shape);
    v("attention_axes", o.attention_axes);
    v("sliding_window", o.sliding_window);
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
/// gate, value and attention_output, hold the weights.
///
/// Inputs may have more axes of steps, (batch, …, features). Each place along those that are not
/// `attention_axes` attends by itself; masks, sliding_window and causal calls then need `attention_axes`
/// (1,).
class MultiHeadAttentionLayer : public ConfiguredLayer<MultiHeadAttentionOptions>, public CausalAttention {
 public:
  /// @throws ValueError if num_heads, key_dim, value_dim or sliding_window is not positive.
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

 private:
  /// Products over named axes: of key and query (scores), of scores and value.
  struct Equations {
    std::string scores;
    std::string attended;
  };

  std::shared_ptr<EinsumDenseLayer> projection(const char* name, int free_axes,
                                               const std::vector<std::int64_t>& lengths,
                                               const char* activation = nullptr) const;
  /// As counted from the front.
  /// @throws ValueError if they are not axes of steps.
  std::vector<std::int64_t> attention_axes_of(int input_rank) const;
  Equations equations_for(int input_rank) const;
  /// Which scores count, broadcast against them; not defined if all do.
  Tensor pairs_that_count(const Tensors& masks, const Shape& query, const Shape& key, int scores_rank) const;

  SeedGenerator generator_;
  std::shared_ptr<EinsumDenseLayer> query_;
  std::shared_ptr<EinsumDenseLayer> key_;
  std::shared_ptr<EinsumDenseLayer> gate_;
  std::shared_ptr<EinsumDenseLayer> value_;
  std::shared_ptr<EinsumDenseLayer> output_;
};

namespace layers {
using MultiHeadAttention = Ref<MultiHeadAttentionLayer>;
}

}  // namespace sepal
