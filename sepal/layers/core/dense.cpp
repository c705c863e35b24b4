#include "sepal/layers/core/dense.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/matmul.h"

namespace sepal {

DenseLayer::DenseLayer(Options options)
    : ConfiguredLayer("Dense", std::move(options)),
      LoraLayer(*this, options_.lora_rank, options_.lora_alpha) {
  if (options_.units <= 0) {
    throw ValueError(
        fmt::format("Received an invalid value for `units`, expected a positive integer. Received: "
                    "units={}",
                    options_.units));
  }
  set_input_spec({.min_ndim = 2});
  set_supports_masking();
}

void DenseLayer::build(const Shape& input_shape) {
  const std::int64_t length = input_shape.back();
  if (length == kNone) {
    throw ValueError(
        fmt::format("The last dimension of the inputs to a Dense layer should be defined. Found None. "
                    "Full input shape received: {}",
                    input_shape.str()));
  }
  set_adapted_weight(add_weight({.shape = {length, options_.units},
                                 .initializer = options_.kernel_initializer,
                                 .name = "kernel",
                                 .regularizer = options_.kernel_regularizer,
                                 .constraint = options_.kernel_constraint}));
  if (options_.use_bias) {
    bias_ = add_weight({.shape = {options_.units},
                        .initializer = options_.bias_initializer,
                        .name = "bias",
                        .regularizer = options_.bias_regularizer,
                        .constraint = options_.bias_constraint});
  }
  // Keras hands the rank alone on, so the alpha of a Dense layer's arguments says nothing.
  enable_lora_as_told({});
  set_input_spec({.min_ndim = 2, .axes = {{-1, length}}});
}

Tensor DenseLayer::call(const Tensor& input, const CallContext&) {
  return options_.activation(ops::dense(input, weight_value(), bias_ ? bias_.value() : Tensor()));
}

Shape DenseLayer::compute_output_shape(const Shape& input_shape) {
  Shape shape = input_shape;
  shape[-1] = options_.units;
  return shape;
}

void DenseLayer::put_config(Json& config) const {
  ConfiguredLayer::put_config(config);
  erase_unset_lora(config);
  // Keras writes the key for every Dense since 3.13; only quantized ones have more than null there.
  config_put(config, "quantization_config", nullptr);
}

}  // namespace sepal
