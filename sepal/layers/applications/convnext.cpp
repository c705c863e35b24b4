#include "sepal/layers/applications/convnext.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

LayerScaleLayer::LayerScaleLayer(Options options) : ConfiguredLayer("LayerScale", std::move(options)) {
  if (options_.projection_dim < 1) {
    throw ValueError(fmt::format("`projection_dim` must be a positive integer. Received: projection_dim={}",
                                 options_.projection_dim));
  }
}

void LayerScaleLayer::build(const Shape&) {
  gamma_ = add_weight({.shape = {options_.projection_dim},
                       .initializer = initializers::Constant{.value = options_.init_values},
                       .name = "variable"});
}

Tensor LayerScaleLayer::call(const Tensor& input, const CallContext&) {
  return ops::multiply(input, gamma_.value());
}

Shape LayerScaleLayer::compute_output_shape(const Shape& input_shape) {
  return broadcast_shapes(input_shape, {options_.projection_dim});
}

StochasticDepthLayer::StochasticDepthLayer(Options options)
    : ConfiguredLayer("StochasticDepth", std::move(options)), seed_generator_({}) {
  if (!(options_.drop_path_rate >= 0.0 && options_.drop_path_rate < 1.0)) {
    throw ValueError(
        fmt::format("Argument `drop_path_rate` must be at least 0 and below 1. Received: drop_path_rate={}",
                    options_.drop_path_rate));
  }
}

Tensor StochasticDepthLayer::call(const Tensor& input, const CallContext& context) {
  if (!context.training || options_.drop_path_rate == 0.0) return input;
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(input.rank()), 1));
  shape[0] = input.shape()[0];
  const Tensor kept = dropout_mask(shape, options_.drop_path_rate, input.dtype(), seed_generator_.next());
  return ops::multiply(input, kept);
}

}  // namespace sepal
