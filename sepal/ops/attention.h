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

/// Which scores (…, queries, keys) count: where `mask` is true, and with `causal` those not behind a query's
/// own place. Not defined: all.
Tensor counted_scores(const Tensor& mask, bool causal, std::int64_t queries, std::int64_t keys);

/// scores, with a very small number where `counted` is false.
Tensor masked_scores(const Tensor& scores, const Tensor& counted);

}  // namespace sepal::ops
