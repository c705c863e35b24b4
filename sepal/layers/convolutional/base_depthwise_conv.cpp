#include "sepal/layers/convolutional/base_depthwise_conv.h"

#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/convolutional/conv_weights.h"

namespace sepal {

BaseDepthwiseConvLayer::BaseDepthwiseConvLayer(const char* class_name, std::size_t axes, Options options)
    : ConfiguredLayer(class_name, std::move(options)) {
  standardize_conv_arguments(axes, options_.kernel_size, options_.strides, options_.padding,
                             options_.data_format, options_.dilation_rate);
  expect_positive(options_.depth_multiplier, "depth_multiplier");
  if (!options_.allow_strides_with_dilation) {
    expect_no_strides_with_dilation(options_.strides, options_.dilation_rate);
  }
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

void BaseDepthwiseConvLayer::build(const Shape& input_shape) {
  const std::int64_t channels =
      defined_channels(input_shape, options_.data_format, options_.kernel_size.size());
  (void)compute_output_shape(input_shape);
  kernel_ = add_weight({.shape = kernel_shape(options_.kernel_size, {channels, options_.depth_multiplier}),
                        .initializer = options_.depthwise_initializer,
                        .name = "kernel",
                        .regularizer = options_.depthwise_regularizer,
                        .constraint = options_.depthwise_constraint});
  if (options_.use_bias) bias_ = add_weight(bias_weight(options_, channels * options_.depth_multiplier));
  set_input_spec(image_spec(options_.data_format, options_.kernel_size.size(), channels));
}

ops::KeptWeights BaseDepthwiseConvLayer::kept_weights() {
  return {&packed_weights_, {kernel_.version(), bias_ ? bias_.version() : 0, 0}};
}

Tensor BaseDepthwiseConvLayer::call(const Tensor& input, const CallContext&) {
  expect_strides_that_run(options_.strides);
  ops::ConvOptions options =
      conv_options(options_.strides, options_.padding, options_.data_format, options_.dilation_rate);
  options.kept = kept_weights();
  return options_.activation(
      ops::depthwise_conv(input, kernel_.value(), bias_ ? bias_.value() : Tensor(), options));
}

Shape BaseDepthwiseConvLayer::compute_output_shape(const Shape& input_shape) {
  const std::int64_t channels =
      defined_channels(input_shape, options_.data_format, options_.kernel_size.size());
  return conv_output_shape(input_shape, checked_multiply(channels, options_.depth_multiplier),
                           options_.kernel_size, options_.strides, options_.padding, options_.data_format,
                           options_.dilation_rate);
}

}  // namespace sepal
