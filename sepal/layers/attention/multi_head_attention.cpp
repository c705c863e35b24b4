#include "sepal/layers/attention/multi_head_attention.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/attention.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/einsum.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

constexpr const char* kOutputName = "attention_output";

void expect_positive_number(const char* argument, std::int64_t value) {
  if (value > 0) return;
  throw ValueError(
      fmt::format("Received an invalid value for argument `{0}`, expected a positive integer. Received: "
                  "{0}={1}",
                  argument, value));
}

// `both` of what counts; either may be undefined.
Tensor both(const Tensor& a, const Tensor& b) {
  if (!a.defined() || !b.defined()) return a.defined() ? a : b;
  return ops::logical_and(a, b);
}

// (1, queries, keys): whether they are fewer than `window` steps apart.
Tensor within_window(std::int64_t queries, std::int64_t keys, std::int64_t window) {
  Tensor near({1, queries, keys}, DType::boolean);
  bool* seen = near.mutable_data<bool>();
  for (std::int64_t i = 0; i < queries; ++i) {
    for (std::int64_t k = 0; k < keys; ++k) *seen++ = std::abs(i - k) < window;
  }
  return near;
}

// Axes of length 1 before the last `last_axes`, until the mask has `rank` axes.
Tensor expanded(const Tensor& mask, int last_axes, int rank) {
  const int front = mask.rank() - last_axes;
  Shape shape = mask.shape().slice(0, front);
  while (shape.rank() < rank - last_axes) shape.push_back(1);
  for (int i = front; i < mask.rank(); ++i) shape.push_back(mask.shape()[i]);
  return ops::reshape(mask, shape);
}

// Over the last `axes` axes together.
Tensor joint_softmax(const Tensor& scores, int axes) {
  if (axes == 1) return ops::softmax(scores, -1);
  Shape flat = scores.shape().slice(0, scores.rank() - axes);
  flat.push_back(-1);
  return ops::reshape(ops::softmax(ops::reshape(scores, flat), -1), scores.shape());
}

char letter(int i) { return static_cast<char>('a' + i); }

std::string letters(int first, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += letter(first + i);
  return result;
}

}  // namespace

MultiHeadAttentionLayer::MultiHeadAttentionLayer(Options options)
    : ConfiguredLayer("MultiHeadAttention", std::move(options)), generator_(options_.seed) {
  expect_positive_number("num_heads", options_.num_heads);
  expect_positive_number("key_dim", options_.key_dim);
  if (options_.value_dim) expect_positive_number("value_dim", *options_.value_dim);
  options_.value_dim = options_.value_dim.value_or(options_.key_dim);
  if (options_.sliding_window) expect_positive_number("sliding_window", *options_.sliding_window);
  set_supports_masking();
}

std::vector<std::shared_ptr<Layer>> MultiHeadAttentionLayer::sublayers() const {
  if (!query_) return {};
  if (gate_) return {query_, key_, gate_, value_, output_};
  return {query_, key_, value_, output_};
}

std::vector<std::pair<std::string, std::shared_ptr<Layer>>> MultiHeadAttentionLayer::attribute_sublayers()
    const {
  if (!query_) return {};
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> named = {
      {"query_dense", query_}, {"key_dense", key_}, {"value_dense", value_}, {"output_dense", output_}};
  // Keras has no public name for it.
  if (gate_) named.emplace_back("_gate_dense", gate_);
  return named;
}

// The first `free_axes` axes stay, the others become those of `lengths`.
std::shared_ptr<EinsumDenseLayer> MultiHeadAttentionLayer::projection(
    const char* name, int free_axes, const std::vector<std::int64_t>& lengths, const char* activation) const {
  const bool from_heads = name == kOutputName;
  const int bound_axes = from_heads ? 2 : 1;
  const auto made_axes = static_cast<int>(lengths.size());
  const std::string free = letters(0, free_axes);
  const std::string bound = letters(free_axes, bound_axes);
  const std::string made = letters(free_axes + bound_axes, made_axes);
  EinsumOutputShape output_shape;
  output_shape.shape = Shape();
  for (int i = 1; i < free_axes; ++i) output_shape.shape.push_back(kNone);
  for (const std::int64_t length : lengths) output_shape.shape.push_back(length);
  const std::string equation = free + bound + "," + bound + made + "->" + free + made;
  auto layer = std::make_shared<EinsumDenseLayer>(EinsumDenseOptions{
      .equation = equation,
      .output_shape = output_shape,
      .activation = activation == nullptr ? ActivationFunction(nullptr) : ActivationFunction(activation),
      .bias_axes = options_.use_bias ? made : std::string(),
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

std::vector<std::int64_t> MultiHeadAttentionLayer::attention_axes_of(int input_rank) const {
  std::vector<std::int64_t> axes;
  if (!options_.attention_axes) {
    for (std::int64_t axis = 1; axis < input_rank - 1; ++axis) axes.push_back(axis);
    return axes;
  }
  for (std::int64_t axis : options_.attention_axes->values()) {
    if (axis < 0) axis += input_rank;
    if (axis < 1 || axis >= input_rank - 1 || std::find(axes.begin(), axes.end(), axis) != axes.end()) {
      throw ValueError(fmt::format(
          "`attention_axes` must be different axes between the batch and the features of inputs of "
          "rank {}. Received: attention_axes={}",
          input_rank, options_.attention_axes->str()));
    }
    axes.push_back(axis);
  }
  return axes;
}

// The query's axes have the first letters, the key's the same but for those that are attended along.
MultiHeadAttentionLayer::Equations MultiHeadAttentionLayer::equations_for(int input_rank) const {
  const int rank = input_rank + 1;
  const std::vector<std::int64_t> axes = attention_axes_of(input_rank);
  const std::string query = letters(0, rank);
  std::string key = query;
  std::string scores;
  std::string attended_to;
  int next = rank;
  for (int i = 0; i + 1 < rank; ++i) {
    if (std::find(axes.begin(), axes.end(), i) == axes.end()) {
      scores += letter(i);
    } else {
      key[static_cast<std::size_t>(i)] = letter(next++);
    }
  }
  for (const std::int64_t axis : axes) {
    scores += query[static_cast<std::size_t>(axis)];
    attended_to += key[static_cast<std::size_t>(axis)];
  }
  scores += attended_to;
  return {key + "," + query + "->" + scores, scores + "," + key + "->" + query};
}

Shapes MultiHeadAttentionLayer::compute_output_shapes(const Shapes& input_shapes) {
  if (input_shapes.size() < 2 || input_shapes.size() > 3) {
    throw ValueError(
        fmt::format("Layer \"{}\" expects a query, a value and perhaps a key. Received: {} inputs", name(),
                    input_shapes.size()));
  }
  const Shape& query = input_shapes[0];
  for (const Shape& shape : input_shapes) {
    if (shape.rank() == query.rank() && shape.rank() >= 3) continue;
    throw ValueError(fmt::format("Layer \"{}\" expects inputs of one rank of at least 3. Received: shape={}",
                                 name(), shape.str()));
  }
  (void)attention_axes_of(query.rank());
  const auto steps = [&](const Shape& shape) { return shape.slice(1, query.rank() - 1); };
  if (steps(input_shapes.back()) != steps(input_shapes[1])) {
    throw ValueError(
        fmt::format("All dimensions of `value` and `key`, except the last one, must be equal. Received: "
                    "value_shape={} and key_shape={}",
                    input_shapes[1].str(), input_shapes.back().str()));
  }
  if (!options_.output_shape) return {query};
  Shape shape = query.slice(0, query.rank() - 1);
  for (const std::int64_t length : options_.output_shape->values()) shape.push_back(length);
  return {shape};
}

void MultiHeadAttentionLayer::build_all(const Shapes& input_shapes) {
  (void)compute_output_shapes(input_shapes);
  const Shape& query = input_shapes[0];
  const int free_axes = query.rank() - 1;
  const std::int64_t heads = options_.num_heads;
  const std::int64_t value_dim = *options_.value_dim;
  const std::vector<std::int64_t> output =
      options_.output_shape ? options_.output_shape->values() : std::vector<std::int64_t>{query[-1]};
  query_ = projection("query", free_axes, {heads, options_.key_dim});
  key_ = projection("key", free_axes, {heads, options_.key_dim});
  if (options_.use_gate) gate_ = projection("gate", free_axes, {heads, value_dim}, "sigmoid");
  value_ = projection("value", free_axes, {heads, value_dim});
  output_ = projection(kOutputName, free_axes, output);
  query_->build_for(Shapes{query});
  key_->build_for(Shapes{input_shapes.back()});
  if (gate_) gate_->build_for(Shapes{query});
  value_->build_for(Shapes{input_shapes[1]});
  Shape attended = query.slice(0, free_axes);
  attended.push_back(heads);
  attended.push_back(value_dim);
  output_->build_for(Shapes{attended});
  // Keras writes the axes once the layer is built.
  options_.attention_axes = IntTuple(attention_axes_of(query.rank()));
}

Tensor MultiHeadAttentionLayer::pairs_that_count(const Tensors& masks, const Shape& query, const Shape& key,
                                                 int scores_rank) const {
  Tensor keep;
  for (std::size_t i = 0; i < masks.size(); ++i) {
    const Tensor& mask = masks[i];
    if (!mask.defined()) continue;
    const std::int64_t batch = mask.shape()[0];
    const std::int64_t steps = mask.shape()[1];
    keep = both(keep, ops::reshape(mask, i == 0 ? Shape{batch, steps, 1} : Shape{batch, 1, steps}));
  }
  if (options_.sliding_window) keep = both(keep, within_window(query[1], key[1], *options_.sliding_window));
  const bool along_steps = options_.attention_axes == IntTuple{1};
  if (!along_steps && (keep.defined() || uses_causal_mask())) {
    throw UnimplementedError(
        fmt::format("layer '{}': masks, `sliding_window` and `use_causal_mask` are only supported along the "
                    "second axis. Received: attention_axes={}",
                    name(), options_.attention_axes->str()));
  }
  return keep.defined() ? expanded(keep, 2, scores_rank) : keep;
}

Tensors MultiHeadAttentionLayer::call_all(const Tensors& inputs, const CallContext& context) {
  const auto within = [&](const std::shared_ptr<EinsumDenseLayer>& layer, const Tensor& x) {
    return layer->call_within({x.with_mask(Tensor())}, {context.training, context.losses, {}}).at(0);
  };
  const Tensor query = within(query_, inputs.at(0));
  const Tensor key = within(key_, inputs.back());
  const Tensor value = within(value_, inputs.at(1));
  const int axes = static_cast<int>(options_.attention_axes->size());
  const Tensor keep = pairs_that_count(context.masks, query.shape(), key.shape(), query.rank() - 1 + axes);
  const double scale = 1.0 / std::sqrt(static_cast<double>(options_.key_dim));
  Tensor attended;
  if (options_.dropout > 0.0 || query.rank() != 4) {
    const Equations equations = equations_for(query.rank() - 1);
    const Tensor scores = ops::einsum(equations.scores, {key, ops::multiply(query, scale)});
    const Tensor counted = ops::counted_scores(keep, uses_causal_mask(), query.shape()[1], key.shape()[1]);
    Tensor weights = joint_softmax(ops::masked_scores(scores, counted), axes);
    // Here, and not in the usual way below, Keras lets a query that sees no key attend to nothing.
    if (counted.defined()) weights = ops::select(counted, weights, Tensor::scalar(0.0, weights.dtype()));
    if (context.training && options_.dropout > 0.0) {
      weights = ops::multiply(
          weights, dropout_mask(weights.shape(), options_.dropout, weights.dtype(), generator_.next()));
    }
    attended = ops::einsum(equations.attended, {weights, value});
  } else {
    attended = ops::dot_product_attention(query, key, value, {}, keep,
                                          {.scale = scale, .causal = uses_causal_mask()});
  }
  if (gate_) attended = ops::multiply(attended, within(gate_, inputs.at(0)));
  return {within(output_, attended)};
}

}  // namespace sepal
