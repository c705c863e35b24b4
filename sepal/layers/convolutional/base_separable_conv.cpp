#include "sepal/layers/convolutional/base_separable_conv.h"

#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/convolutional/conv_weights.h"

namespace sepal {

BaseSeparableConvLayer::BaseSeparableConvLayer(const char* class_name, std::size_t axes, Options options)
    : ConfiguredLayer(class_name, std::move(options)) {
  standardize_conv_arguments(axes, options_.kernel_size, options_.strides, options_.padding,
                             options_.data_format, options_.dilation_rate);
  expect_positive(options_.depth_multiplier, "depth_multiplier");
  expect_positive(options_.filters, "filters");
  if (!options_.allow_strides_with_dilation) {
    expect_no_strides_with_dilation(options_.strides, options_.dilation_rate);
  }
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

void BaseSeparableConvLayer::build(const Shape& input_shape) {
  const std::int64_t channels =
      defined_channels(input_shape, options_.data_format, options_.kernel_size.size());
  (void)compute_output_shape(input_shape);  // an image smaller than the window is an error of the build
  const IntTuple ones = standardize_tuple(1, options_.kernel_size.size(), "pointwise kernel");
  const std::int64_t depthwise_channels = checked_multiply(channels, options_.depth_multiplier);
  depthwise_kernel_ =
      add_weight({.shape = kernel_shape(options_.kernel_size, {channels, options_.depth_multiplier}),
                  .initializer = options_.depthwise_initializer,
                  .name = "depthwise_kernel",
                  .regularizer = options_.depthwise_regularizer,
                  .constraint = options_.depthwise_constraint});
  pointwise_kernel_ = add_weight({.shape = kernel_shape(ones, {depthwise_channels, options_.filters}),
                                  .initializer = options_.pointwise_initializer,
                                  .name = "pointwise_kernel",
                                  .regularizer = options_.pointwise_regularizer,
                                  .constraint = options_.pointwise_constraint});
  if (options_.use_bias) bias_ = add_weight(bias_weight(options_, options_.filters));
  set_input_spec(image_spec(options_.data_format, options_.kernel_size.size(), channels));
}

Tensor BaseSeparableConvLayer::call(const Tensor& input, const CallContext&) {
  expect_strides_that_run(options_.strides);
  ops::ConvOptions options =
      conv_options(options_.strides, options_.padding, options_.data_format, options_.dilation_rate);
  options.kept = {&packed_weights_,
                  {depthwise_kernel_.version(), pointwise_kernel_.version(), bias_ ? bias_.version() : 0}};
  return options_.activation(ops::separable_conv(input, depthwise_kernel_.value(), pointwise_kernel_.value(),
                                                 bias_ ? bias_.value() : Tensor(), options));
}

Shape BaseSeparableConvLayer::compute_output_shape(const Shape& input_shape) {
  return conv_output_shape(input_shape, options_.filters, options_.kernel_size, options_.strides,
                           options_.padding, options_.data_format, options_.dilation_rate);
}

}  // namespace sepal
