#include "sepal/layers/convolutional/base_conv.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/convolutional/conv_weights.h"

namespace sepal {

BaseConvLayer::BaseConvLayer(const char* class_name, std::size_t axes, Options options)
    : ConfiguredLayer(class_name, std::move(options)),
      LoraLayer(*this, options_.lora_rank, options_.lora_alpha) {
  standardize_conv_arguments(axes, options_.kernel_size, options_.strides, options_.padding,
                             options_.data_format, options_.dilation_rate, axes == 1);
  expect_positive(options_.filters, "filters");
  expect_positive(options_.groups, "groups");
  if (options_.filters % options_.groups != 0) {
    throw ValueError(
        fmt::format("The number of filters must be evenly divisible by the number of groups. Received: "
                    "groups={}, filters={}.",
                    options_.groups, options_.filters));
  }
  expect_no_strides_with_dilation(options_.strides, options_.dilation_rate);
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

void BaseConvLayer::build(const Shape& input_shape) {
  const std::int64_t channels =
      defined_channels(input_shape, options_.data_format, options_.kernel_size.size());
  if (channels % options_.groups != 0) {
    throw ValueError(
        fmt::format("The number of input channels must be evenly divisible by the number of groups. "
                    "Received groups={}, but the input has {} channels (full input shape is {}).",
                    options_.groups, channels, input_shape.str()));
  }
  (void)compute_output_shape(input_shape);
  set_adapted_weight(add_weight(kernel_weight(
      options_, kernel_shape(options_.kernel_size, {channels / options_.groups, options_.filters}))));
  if (options_.use_bias) bias_ = add_weight(bias_weight(options_, options_.filters));
  enable_lora_as_told(options_.lora_alpha);
  set_input_spec(image_spec(options_.data_format, options_.kernel_size.size(), channels));
}

Tensor BaseConvLayer::call(const Tensor& input, const CallContext&) {
  ops::ConvOptions options = conv_options(options_.strides, options_.padding, options_.data_format,
                                          options_.dilation_rate, options_.groups);
  if (!lora_enabled()) {
    options.kept = {&packed_weights_, {adapted_weight().version(), bias_ ? bias_.version() : 0, 0}};
  }
  return options_.activation(ops::conv(input, weight_value(), bias_ ? bias_.value() : Tensor(), options));
}

Shape BaseConvLayer::compute_output_shape(const Shape& input_shape) {
  return conv_output_shape(input_shape, options_.filters, options_.kernel_size, options_.strides,
                           options_.padding, options_.data_format, options_.dilation_rate);
}

void BaseConvLayer::put_config(Json& config) const {
  ConfiguredLayer::put_config(config);
  erase_unset_lora(config);
}

}  // namespace sepal
