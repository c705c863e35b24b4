// Attention and AdditiveAttention (keras.layers.Attention, Luong et al. 2015; keras.layers.AdditiveAttention,
// Bahdanau et al. 2015).
#pragma once

#include "sepal/layers/attention/causal_attention.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/layers/regularization/seed_generator.h"

namespace sepal {

struct AttentionLayerOptions {
  bool use_scale = false;
  /// "dot", or "concat": the sum of tanh(query + key).
  std::string score_mode = "dot";
  double dropout = 0.0;
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("use_scale", o.use_scale);
    v("score_mode", o.score_mode);
    v("dropout", o.dropout);
    v("seed", o.seed);
  }
};

struct AdditiveAttentionOptions {
  bool use_scale = true;
  double dropout = 0.0;
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("use_scale", o.use_scale);
    v("dropout", o.dropout);
    v("seed", o.seed);
  }
};

/// What both share. Inputs: query (batch, queries, size), value (batch, keys, value size) and, if it is not
/// the value, key (batch, keys, size): result (batch, queries, value size). A mask of the value says which
/// keys count; where the query's mask is false, the result is 0. In training weights are dropped.
template <class OptionsT>
class BaseAttentionLayer : public ConfiguredLayer<OptionsT>, public CausalAttention {
 public:
  using typename ConfiguredLayer<OptionsT>::Options;

  /// Keras makes one only for dropout.
  std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const override {
    if (options_.dropout <= 0.0) return {};
    return {{"seed_generator", {generator_.state()}}};
  }

 protected:
  using ConfiguredLayer<OptionsT>::options_;

  BaseAttentionLayer(const char* class_name, Options options)
      : ConfiguredLayer<OptionsT>(class_name, std::move(options)), generator_(options_.seed) {
    this->set_supports_masking();
  }

  /// (batch, queries, keys)
  virtual Tensor scores(const Tensor& query, const Tensor& key) const = 0;

  /// @throws ValueError if there are not two or three inputs of rank 3.
  void build_all(const Shapes& input_shapes) override { (void)compute_output_shapes(input_shapes); }
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  Tensors compute_masks(const Tensors&, const Tensors& masks) override {
    return masks.empty() ? Tensors() : Tensors{masks[0]};
  }

 private:
  SeedGenerator generator_;
};

/// Weights: scale () with use_scale, concat_score_weight () for score_mode "concat".
class AttentionLayer : public BaseAttentionLayer<AttentionLayerOptions> {
 public:
  /// @throws ValueError for another score_mode.
  explicit AttentionLayer(Options options);

 protected:
  void build_all(const Shapes& input_shapes) override;
  Tensor scores(const Tensor& query, const Tensor& key) const override;

 private:
  Variable scale_;
  Variable concat_weight_;
};

/// Weights: scale (size,) with use_scale.
class AdditiveAttentionLayer : public BaseAttentionLayer<AdditiveAttentionOptions> {
 public:
  explicit AdditiveAttentionLayer(Options options);

 protected:
  void build_all(const Shapes& input_shapes) override;
  Tensor scores(const Tensor& query, const Tensor& key) const override;

 private:
  Variable scale_;
};

namespace layers {
using Attention = Ref<AttentionLayer>;
using AdditiveAttention = Ref<AdditiveAttentionLayer>;
}  // namespace layers

}  // namespace sepal
