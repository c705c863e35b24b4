#include "sepal/layers/attention/multi_head_attention.h"

#include <fmt/format.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/attention.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/einsum.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

void expect_positive_number(const char* argument, std::int64_t value) {
  if (value > 0) return;
  throw ValueError(
      fmt::format("Received an invalid value for argument `{0}`, expected a positive integer. Received: "
                  "{0}={1}",
                  argument, value));
}

// Pairs of steps that count: (batch, 1, queries, keys), or what broadcasts to it; not defined if all do.
Tensor pairs_that_count(const Tensors& masks) {
  Tensor keep;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const Tensor& mask = masks[i];
    if (!mask.defined()) continue;
    const std::int64_t batch = mask.shape()[0];
    const std::int64_t steps = mask.shape()[1];
    const Tensor pairs = ops::reshape(mask, i == 0 ? Shape{batch, 1, steps, 1} : Shape{batch, 1, 1, steps});
    keep = keep.defined() ? ops::logical_and(keep, pairs) : pairs;
  }
  return keep;
}

}  // namespace

MultiHeadAttentionLayer::MultiHeadAttentionLayer(Options options)
    : ConfiguredLayer("MultiHeadAttention", std::move(options)), generator_(options_.seed) {
  expect_positive_number("num_heads", options_.num_heads);
  expect_positive_number("key_dim", options_.key_dim);
  if (options_.value_dim) expect_positive_number("value_dim", *options_.value_dim);
  options_.value_dim = options_.value_dim.value_or(options_.key_dim);
  const auto& axes = options_.attention_axes;
  if (axes && (axes->size() != 1 || ((*axes)[0] != 1 && (*axes)[0] != -2))) {
    throw UnimplementedError(
        fmt::format("layer '{}': only `attention_axes` (1,) is supported. Received: attention_axes={}",
                    name(), axes->str()));
  }
  set_supports_masking();
}

std::vector<std::shared_ptr<Layer>> MultiHeadAttentionLayer::sublayers() const {
  if (!query_) return {};
  return {query_, key_, value_, output_};
}

std::vector<std::pair<std::string, std::shared_ptr<Layer>>> MultiHeadAttentionLayer::attribute_sublayers()
    const {
  if (!query_) return {};
  return {{"query_dense", query_}, {"key_dense", key_}, {"value_dense", value_}, {"output_dense", output_}};
}

std::shared_ptr<EinsumDenseLayer> MultiHeadAttentionLayer::projection(const char* name, const char* equation,
                                                                      const EinsumOutputShape& output_shape,
                                                                      const char* bias_axes) const {
  auto layer =
      std::make_shared<EinsumDenseLayer>(EinsumDenseOptions{.equation = equation,
                                                            .output_shape = output_shape,
                                                            .bias_axes = options_.use_bias ? bias_axes : "",
                                                            .kernel_initializer = options_.kernel_initializer,
                                                            .bias_initializer = options_.bias_initializer,
                                                            .kernel_regularizer = options_.kernel_regularizer,
                                                            .bias_regularizer = options_.bias_regularizer,
                                                            .activity_regularizer = activity_regularizer(),
                                                            .kernel_constraint = options_.kernel_constraint,
                                                            .bias_constraint = options_.bias_constraint,
                                                            .name = name,
                                                            .dtype = dtype_policy()});
  if (!trainable()) layer->set_trainable(false);
  return layer;
}

Shapes MultiHeadAttentionLayer::compute_output_shapes(const Shapes& input_shapes) {
  if (input_shapes.size() < 2 || input_shapes.size() > 3) {
    throw ValueError(
        fmt::format("Layer \"{}\" expects a query, a value and perhaps a key. Received: {} inputs", name(),
                    input_shapes.size()));
  }
  for (const Shape& shape : input_shapes) {
    if (shape.rank() == 3) continue;
    throw UnimplementedError(fmt::format(
        "layer '{}': only inputs of rank 3 are supported. Received: shape={}", name(), shape.str()));
  }
  if (input_shapes.back()[1] != input_shapes[1][1]) {
    throw ValueError(
        fmt::format("All dimensions of `value` and `key`, except the last one, must be equal. Received: "
                    "value_shape={} and key_shape={}",
                    input_shapes[1].str(), input_shapes.back().str()));
  }
  if (!options_.output_shape) return {input_shapes[0]};
  Shape shape = input_shapes[0].slice(0, 2);
  for (const std::int64_t length : options_.output_shape->values()) shape.push_back(length);
  return {shape};
}

void MultiHeadAttentionLayer::build_all(const Shapes& input_shapes) {
  const Shape output = compute_output_shapes(input_shapes)[0];
  if (output.rank() != 3)
    throw UnimplementedError(fmt::format("layer '{}': `output_shape` must be one number.", name()));
  const std::int64_t heads = options_.num_heads;
  constexpr const char* kIntoHeads = "abc,cde->abde";
  query_ = projection("query", kIntoHeads, {kNone, heads, options_.key_dim}, "de");
  key_ = projection("key", kIntoHeads, {kNone, heads, options_.key_dim}, "de");
  value_ = projection("value", kIntoHeads, {kNone, heads, *options_.value_dim}, "de");
  output_ = projection("attention_output", "abcd,cde->abe", {kNone, output[2]}, "e");
  query_->build_for(Shapes{input_shapes[0]});
  key_->build_for(Shapes{input_shapes.back()});
  value_->build_for(Shapes{input_shapes[1]});
  output_->build_for(Shapes{{input_shapes[0][0], input_shapes[0][1], heads, *options_.value_dim}});
  // Keras writes the axes once the layer is built.
  options_.attention_axes = IntTuple{1};
}

Tensors MultiHeadAttentionLayer::call_all(const Tensors& inputs, const CallContext& context) {
  const auto within = [&](const std::shared_ptr<EinsumDenseLayer>& layer, const Tensor& x) {
    return layer->call_within({x.with_mask(Tensor())}, {context.training, context.losses, {}}).at(0);
  };
  const Tensor query = within(query_, inputs.at(0));
  const Tensor key = within(key_, inputs.back());
  const Tensor value = within(value_, inputs.at(1));
  const Tensor keep = pairs_that_count(context.masks);
  const double scale = 1.0 / std::sqrt(static_cast<double>(options_.key_dim));
  Tensor attended;
  if (options_.dropout > 0.0) {
    const Tensor scores = ops::einsum("btnh,bsnh->bnts", {ops::multiply(query, scale), key});
    const Tensor counted = ops::counted_scores(keep, uses_causal_mask(), query.shape()[1], key.shape()[1]);
    Tensor weights = ops::softmax(ops::masked_scores(scores, counted), -1);
    // Here, and not without dropout, Keras lets a query that sees no key attend to nothing.
    if (counted.defined()) weights = ops::select(counted, weights, Tensor::scalar(0.0, weights.dtype()));
    if (context.training) {
      weights = ops::multiply(
          weights, dropout_mask(weights.shape(), options_.dropout, weights.dtype(), generator_.next()));
    }
    attended = ops::einsum("bnts,bsnh->btnh", {weights, value});
  } else {
    attended = ops::dot_product_attention(query, key, value, {}, keep,
                                          {.scale = scale, .causal = uses_causal_mask()});
  }
  return {within(output_, attended)};
}

void MultiHeadAttentionLayer::put_config(Json& config) const {
  ConfiguredLayer::put_config(config);
  config_put(config, "use_gate", false);
  config_put(config, "sliding_window", nullptr);
}

}  // namespace sepal
