#include "sepal/ops/attention.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/einsum.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

void expect_attention_shapes(const Tensor& query, const Tensor& key, const Tensor& value) {
  const Shape& q = query.shape();
  const Shape& k = key.shape();
  const Shape& v = value.shape();
  bool fits = q.rank() == 4 && k.rank() == 4 && v.rank() == 4;
  fits =
      fits && k.slice(0, 3) == v.slice(0, 3) && q[0] == k[0] && q[3] == k[3] && k[2] > 0 && q[2] % k[2] == 0;
  if (fits) return;
  throw ValueError(
      fmt::format("`dot_product_attention` only supports 4D inputs that fit. Received: query.shape={}, "
                  "key.shape={}, value.shape={}.",
                  q.str(), k.str(), v.str()));
}

}  // namespace

Tensor counted_scores(const Tensor& mask, bool causal, std::int64_t queries, std::int64_t keys) {
  if (!causal) return mask;
  Tensor past({queries, keys}, DType::boolean);
  bool* seen = past.mutable_data<bool>();
  for (std::int64_t i = 0; i < queries; ++i) {
    for (std::int64_t j = 0; j < keys; ++j) *seen++ = j <= i;
  }
  return mask.defined() ? logical_and(mask, past) : past;
}

Tensor masked_scores(const Tensor& scores, const Tensor& counted) {
  if (!counted.defined()) return scores;
  const bool wide = scores.dtype() == DType::float64;
  // Far from overflow when something is added; a row without any key gets equal weights.
  const double small = -0.7 * (wide ? std::numeric_limits<double>::max()
                                    : static_cast<double>(std::numeric_limits<float>::max()));
  return select(counted, scores, Tensor::scalar(small, scores.dtype()));
}

Tensor dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value, const Tensor& bias,
                             const Tensor& mask, const AttentionOptions& options) {
  expect_one_computable_dtype("dot_product_attention", {{"query", query}, {"key", key}, {"value", value}});
  expect_attention_shapes(query, key, value);
  if (is_half(query.dtype())) {
    return in_float32([&](const Tensor& q, const Tensor& k,
                          const Tensor& v) { return dot_product_attention(q, k, v, bias, mask, options); },
                      query, key, value);
  }
  const std::int64_t groups = query.shape()[2] / key.shape()[2];
  const Tensor keys = groups > 1 ? repeat(key, groups, 2) : key;
  const Tensor values = groups > 1 ? repeat(value, groups, 2) : value;
  const double scale = options.scale.value_or(1.0 / std::sqrt(static_cast<double>(query.shape()[3])));
  Tensor scores = multiply(einsum("btnh,bsnh->bnts", {query, keys}), scale);
  if (bias.defined()) scores = add(scores, cast(bias, scores.dtype()));
  const Tensor counted = counted_scores(mask, options.causal, query.shape()[1], key.shape()[1]);
  return einsum("bnts,bsnh->btnh", {softmax(masked_scores(scores, counted), -1), values});
}

}  // namespace sepal::ops
