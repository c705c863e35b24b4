#include "sepal/layers/lora.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/matmul.h"

namespace sepal {
namespace {

DType wider(DType a, DType b) {
  if (a == b) return a;
  return a == DType::float64 || b == DType::float64 ? DType::float64 : DType::float32;
}

}  // namespace

LoraLayer::LoraLayer(Layer& layer, std::optional<std::int64_t>& rank, std::optional<double>& alpha)
    : layer_(layer), rank_(rank), alpha_(alpha) {
  if (rank_ == 0) rank_.reset();
  if (!alpha_ && rank_) alpha_ = static_cast<double>(*rank_);
}

void LoraLayer::enable_lora(std::int64_t rank, LoraOptions options) {
  if (weight_ && weight_.constraint()) {
    throw ValueError(fmt::format(
        "Lora is incompatible with {0} constraints. In order to enable lora on this layer, remove "
        "the `{0}_constraint` argument.",
        weight_.name()));
  }
  if (!weight_) throw ValueError("Cannot enable lora on a layer that isn't yet built.");
  if (lora_enabled()) throw ValueError("lora is already enabled. This can only be done once per layer.");
  if (rank < 1) throw ValueError(fmt::format("`rank` must be a positive integer. Received: rank={}", rank));
  Shape rows = weight_.shape();
  rows[-1] = rank;
  const auto matrix = [&](const char* suffix, const Shape& shape, const Initializer& initializer) {
    return layer_.add_weight({.shape = shape,
                              .initializer = initializer,
                              .name = fmt::format("lora_{}_{}", weight_.name(), suffix),
                              .regularizer = weight_.regularizer(),
                              .dtype = DType::float32});
  };
  a_ = matrix("a", rows, options.a_initializer);
  b_ = matrix("b", {rank, weight_.shape()[-1]}, options.b_initializer);
  weight_.set_trainable(false);
  rank_ = rank;
  alpha_ = options.lora_alpha.value_or(static_cast<double>(rank));
}

Tensor LoraLayer::merged_weight(DType dtype) const {
  const Tensor weight = weight_.value();
  if (!lora_enabled()) return ops::cast(weight, dtype);
  const double scale = *alpha_ / static_cast<double>(*rank_);
  const Tensor product = ops::multiply(ops::dense(a_.value(), b_.value(), Tensor()), scale);
  const DType sum = wider(weight.dtype(), product.dtype());
  return ops::cast(ops::add(ops::cast(weight, sum), ops::cast(product, sum)), dtype);
}

Tensor LoraLayer::weight_value() const {
  return lora_enabled() ? merged_weight(layer_.compute_dtype()) : weight_.value();
}

void LoraLayer::enable_lora_as_told(std::optional<double> alpha) {
  if (rank_ && !lora_enabled()) enable_lora(*rank_, {.lora_alpha = alpha});
}

void LoraLayer::erase_unset_lora(Json& config) const {
  if (rank_) return;
  config.erase("lora_rank");
  config.erase("lora_alpha");
}

}  // namespace sepal
