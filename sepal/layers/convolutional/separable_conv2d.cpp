#include "sepal/layers/convolutional/separable_conv2d.h"

#include "sepal/layers/convolutional/conv_arguments.h"

namespace sepal {

SeparableConv2DLayer::SeparableConv2DLayer(Options options)
    : ConfiguredLayer("SeparableConv2D", std::move(options)) {
  standardize_conv_arguments(options_.kernel_size, options_.strides, options_.padding, options_.data_format,
                             options_.dilation_rate);
  expect_positive(options_.depth_multiplier, "depth_multiplier");
  expect_positive(options_.filters, "filters");
  if (!options_.allow_strides_with_dilation) {
    expect_no_strides_with_dilation(options_.strides, options_.dilation_rate);
  }
  set_input_spec({.ndim = 4});
}

void SeparableConv2DLayer::build(const Shape& input_shape) {
  const std::int64_t channels = defined_channels(input_shape, options_.data_format);
  (void)compute_output_shape(input_shape);  // an image smaller than the window is an error of the build
  const std::int64_t depthwise_channels = checked_multiply(channels, options_.depth_multiplier);
  depthwise_kernel_ = add_weight(
      {.shape = {options_.kernel_size[0], options_.kernel_size[1], channels, options_.depth_multiplier},
       .initializer = options_.depthwise_initializer,
       .name = "depthwise_kernel",
       .regularizer = options_.depthwise_regularizer,
       .constraint = options_.depthwise_constraint});
  pointwise_kernel_ = add_weight({.shape = {1, 1, depthwise_channels, options_.filters},
                                  .initializer = options_.pointwise_initializer,
                                  .name = "pointwise_kernel",
                                  .regularizer = options_.pointwise_regularizer,
                                  .constraint = options_.pointwise_constraint});
  if (options_.use_bias) {
    bias_ = add_weight({.shape = {options_.filters},
                        .initializer = options_.bias_initializer,
                        .name = "bias",
                        .regularizer = options_.bias_regularizer,
                        .constraint = options_.bias_constraint});
  }
  set_input_spec(image_spec(options_.data_format, channels));
}

Tensor SeparableConv2DLayer::call(const Tensor& input, const CallContext&) {
  return options_.activation(ops::separable_conv2d(
      input, depthwise_kernel_.value(), pointwise_kernel_.value(), bias_ ? bias_.value() : Tensor(),
      conv2d_options(options_.strides, options_.padding, options_.data_format, options_.dilation_rate)));
}

Shape SeparableConv2DLayer::compute_output_shape(const Shape& input_shape) {
  return conv_output_shape(input_shape, options_.filters, options_.kernel_size, options_.strides,
                           options_.padding, options_.data_format, options_.dilation_rate);
}

}  // namespace sepal
