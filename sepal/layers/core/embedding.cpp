#include "sepal/layers/core/embedding.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/logical.h"
#include "sepal/ops/take.h"

namespace sepal {
namespace {

void expect_positive_integer(std::int64_t value, const char* argument) {
  if (value >= 1) return;
  throw ValueError(
      fmt::format("`{}` must be a positive integer. Received: {}={}", argument, argument, value));
}

}  // namespace

EmbeddingLayer::EmbeddingLayer(Options options)
    : ConfiguredLayer("Embedding", std::move(options)),
      LoraLayer(*this, options_.lora_rank, options_.lora_alpha) {
  expect_positive_integer(options_.input_dim, "input_dim");
  expect_positive_integer(options_.output_dim, "output_dim");
  set_supports_masking(options_.mask_zero);
  set_autocast(false);
}

void EmbeddingLayer::build(const Shape&) {
  Variable embeddings = add_weight({.shape = {options_.input_dim, options_.output_dim},
                                    .initializer = options_.embeddings_initializer,
                                    .name = "embeddings",
                                    .regularizer = options_.embeddings_regularizer,
                                    .constraint = options_.embeddings_constraint});
  if (options_.weights.defined()) embeddings.assign(options_.weights);
  set_adapted_weight(embeddings);
  // As of Dense, the alpha of the arguments says nothing.
  enable_lora_as_told({});
}

Tensor EmbeddingLayer::call(const Tensor& input, const CallContext&) {
  const bool is_whole = input.dtype() == DType::int32 || input.dtype() == DType::int64;
  const Tensor rows = ops::take(weight_value(), is_whole ? input : ops::cast(input, DType::int32));
  return ops::cast(rows, compute_dtype());
}

Shape EmbeddingLayer::compute_output_shape(const Shape& input_shape) {
  Shape shape = input_shape;
  shape.push_back(options_.output_dim);
  return shape;
}

Tensors EmbeddingLayer::compute_masks(const Tensors& inputs, const Tensors&) {
  if (!options_.mask_zero) return {};
  return {ops::not_equal(inputs.at(0), 0.0)};
}

void EmbeddingLayer::put_config(Json& config) const {
  ConfiguredLayer::put_config(config);
  erase_unset_lora(config);
  // Keras writes the key for every Embedding since 3.13; only quantized ones have more than null there.
  config_put(config, "quantization_config", nullptr);
}

}  // namespace sepal
