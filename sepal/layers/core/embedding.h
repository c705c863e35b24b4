// Embedding (keras.layers.Embedding).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/lora.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct EmbeddingOptions {
  /// How many different numbers there are: 0 … input_dim - 1.
  std::int64_t input_dim = 0;
  /// Length of the vector of a number.
  std::int64_t output_dim = 0;
  Initializer embeddings_initializer = "uniform";
  Regularizer embeddings_regularizer = nullptr;
  Constraint embeddings_constraint = nullptr;
  /// Whether 0 stands for padding: the output's mask is false there.
  bool mask_zero = false;
  /// The first values of the table, (input_dim, output_dim); not part of the config.
  Tensor weights = {};
  /// Adapt the table at this rank, which freezes it (layers/lora.h); the adaptation counts alpha / rank
  /// times.
  std::optional<std::int64_t> lora_rank = {};
  std::optional<double> lora_alpha = {};
  Regularizer activity_regularizer = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("input_dim", o.input_dim);
    v("output_dim", o.output_dim);
    v("embeddings_initializer", o.embeddings_initializer);
    v("embeddings_regularizer", o.embeddings_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("embeddings_constraint", o.embeddings_constraint);
    v("mask_zero", o.mask_zero);
    v("lora_rank", o.lora_rank);
    v("lora_alpha", o.lora_alpha);
  }
};

/// Numbers of any shape (…) -> their vectors (…, output_dim). Numbers of a float dtype are cut to whole ones.
/// Weight: embeddings (input_dim, output_dim).
class EmbeddingLayer : public ConfiguredLayer<EmbeddingOptions>, public LoraLayer {
 public:
  /// @throws ValueError if a length is below 1.
  explicit EmbeddingLayer(Options options);

 protected:
  void build(const Shape& input_shape) override;
  /// @throws InvalidArgumentError naming a number that is not in [0, input_dim).
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
  Tensors compute_masks(const Tensors& inputs, const Tensors& masks) override;
  bool makes_mask() const override { return options_.mask_zero; }
  void put_config(Json& config) const override;
};

namespace layers {
using Embedding = Ref<EmbeddingLayer>;
}

}  // namespace sepal
