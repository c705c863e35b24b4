#include "sepal/layers/attention/attention.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/attention.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/einsum.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

// tanh(query + key) for each pair: (batch, queries, keys, size).
Tensor tanh_of_pairs(const Tensor& query, const Tensor& key, const Tensor& scale) {
  const Shape& q = query.shape();
  const Shape& k = key.shape();
  const Tensor sums =
      ops::add(ops::reshape(query, {q[0], q[1], 1, q[2]}), ops::reshape(key, {k[0], 1, k[1], k[2]}));
  return ops::tanh(scale.defined() ? ops::multiply(scale, sums) : sums);
}

const std::vector<std::int64_t> kLastAxis{-1};

}  // namespace

template <class OptionsT>
Shapes BaseAttentionLayer<OptionsT>::compute_output_shapes(const Shapes& input_shapes) {
  if (input_shapes.size() < 2 || input_shapes.size() > 3) {
    throw ValueError(
        fmt::format("{} layer accepts inputs list of length 2 or 3, namely [query, value] or [query, value, "
                    "key]. Received length: {}.",
                    this->class_name(), input_shapes.size()));
  }
  for (const Shape& shape : input_shapes) {
    if (shape.rank() == 3) continue;
    throw ValueError(fmt::format("{} layer expects inputs of rank 3. Received: shape={}", this->class_name(),
                                 shape.str()));
  }
  Shape shape = input_shapes[0];
  shape[2] = input_shapes[1][2];
  return {shape};
}

template <class OptionsT>
Tensors BaseAttentionLayer<OptionsT>::call_all(const Tensors& inputs, const CallContext& context) {
  const Tensor& query = inputs.at(0);
  const Tensor& value = inputs.at(1);
  const auto mask_of = [&](std::size_t i) { return context.masks.empty() ? Tensor() : context.masks[i]; };
  Tensor weighed = scores(query, inputs.size() > 2 ? inputs[2] : value);
  Tensor keep = mask_of(1);
  if (keep.defined()) keep = ops::reshape(keep, {keep.shape()[0], 1, keep.shape()[1]});
  keep = ops::counted_scores(keep, uses_causal_mask(), weighed.shape()[1], weighed.shape()[2]);
  if (keep.defined()) {
    // As far down as Keras moves them: the largest float16, or a round number.
    const double distance = weighed.dtype() == DType::float16 ? 65504.0 : 1e9;
    weighed = ops::select(keep, weighed, ops::add(weighed, -distance));
  }
  Tensor weights = ops::softmax(weighed, -1);
  if (context.training && options_.dropout > 0.0) {
    weights = ops::multiply(
        weights, dropout_mask(weights.shape(), options_.dropout, weights.dtype(), generator_.next()));
  }
  Tensor result = ops::einsum("bqk,bkd->bqd", {weights, value});
  if (const Tensor mask = mask_of(0); mask.defined()) {
    const Tensor counts = ops::reshape(mask, {mask.shape()[0], mask.shape()[1], 1});
    result = ops::select(counts, result, Tensor::zeros({}, result.dtype()));
  }
  return {result};
}

AttentionLayer::AttentionLayer(Options options) : BaseAttentionLayer("Attention", std::move(options)) {
  if (options_.score_mode != "dot" && options_.score_mode != "concat") {
    throw ValueError(
        fmt::format("Invalid value for argument score_mode. Expected one of ('dot', 'concat'). Received: "
                    "score_mode={}",
                    options_.score_mode));
  }
}

void AttentionLayer::build_all(const Shapes& input_shapes) {
  BaseAttentionLayer::build_all(input_shapes);
  if (options_.use_scale) scale_ = add_weight({.shape = {}, .initializer = "ones", .name = "scale"});
  if (options_.score_mode == "concat")
    concat_weight_ = add_weight({.shape = {}, .initializer = "ones", .name = "concat_score_weight"});
}

Tensor AttentionLayer::scores(const Tensor& query, const Tensor& key) const {
  const Tensor scale = scale_ ? scale_.value() : Tensor();
  if (concat_weight_)
    return ops::multiply(concat_weight_.value(), ops::sum(tanh_of_pairs(query, key, scale), kLastAxis));
  const Tensor products = ops::einsum("bqd,bkd->bqk", {query, key});
  return scale.defined() ? ops::multiply(products, scale) : products;
}

AdditiveAttentionLayer::AdditiveAttentionLayer(Options options)
    : BaseAttentionLayer("AdditiveAttention", std::move(options)) {}

void AdditiveAttentionLayer::build_all(const Shapes& input_shapes) {
  BaseAttentionLayer::build_all(input_shapes);
  const std::int64_t size = input_shapes[0][2];
  if (!options_.use_scale) return;
  if (size == kNone)
    throw ValueError(fmt::format("Layer \"{}\": the last axis of the query must be known.", name()));
  scale_ = add_weight({.shape = {size}, .initializer = "glorot_uniform", .name = "scale"});
}

Tensor AdditiveAttentionLayer::scores(const Tensor& query, const Tensor& key) const {
  const Tensor pairs = tanh_of_pairs(query, key, Tensor());
  return ops::sum(scale_ ? ops::multiply(scale_.value(), pairs) : pairs, kLastAxis);
}

template class BaseAttentionLayer<AttentionLayerOptions>;
template class BaseAttentionLayer<AdditiveAttentionOptions>;

}  // namespace sepal
