// Scaled dot-product attention (keras.ops.dot_product_attention, Vaswani et al. 2017). Float32 and float64;
// differentiable, and differentiable again.
#pragma once

#include <optional>

#include "sepal/base/tensor.h"

namespace sepal::ops {

struct AttentionOptions {
  std::optional<double> scale = {};  // nullopt: 1 / sqrt(size of a head)
  bool causal = false;               // a query sees no key behind its own place
};

/// query (batch, queries, heads, size); key and value (batch, keys, heads or a divisor of them, size): result
/// (batch, queries, heads, size). `bias` is added to the scores (batch, heads, queries, keys), `mask` (bool)
/// says which of them count; both are broadcast and may be undefined.
/// @throws ValueError if the shapes do not fit.
Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& bias,
                             const Tensor& mask, const AttentionOptions& options = {});

/// scores, with a very small number where `mask` is false, or with `causal` behind a query's own place; the
/// last two axes are queries and keys.
Tensor masked_scores(const Tensor& scores, const Tensor& mask, bool causal);

}  // namespace sepal::ops
