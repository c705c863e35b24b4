#include "sepal/layers/convolutional/base_conv_transpose.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/convolutional/conv_weights.h"

namespace sepal {
namespace {

void expect_less_than_strides(const IntTuple& output_padding, const IntTuple& strides) {
  for (std::size_t i = 0; i < strides.size(); ++i) {
    if (output_padding[i] < strides[i]) continue;
    throw ValueError(
        fmt::format("`output_padding` must be strictly less than `strides` for all dimensions. At dimension "
                    "{}, `output_padding` is {} but `strides` is {}. Received: output_padding={}, strides={}",
                    i, output_padding[i], strides[i], output_padding.str(), strides.str()));
  }
}

}  // namespace

BaseConvTransposeLayer::BaseConvTransposeLayer(const char* class_name, std::size_t axes, Options options)
    : ConfiguredLayer(class_name, std::move(options)) {
  standardize_conv_arguments(axes, options_.kernel_size, options_.strides, options_.padding,
                             options_.data_format, options_.dilation_rate);
  std::optional<IntTuple>& output_padding = options_.output_padding;
  if (output_padding) output_padding = standardize_tuple(*output_padding, axes, "output_padding", 0);
  expect_positive(options_.filters, "filters");
  if (output_padding) expect_less_than_strides(*output_padding, options_.strides);
  expect_no_strides_with_dilation(options_.strides, options_.dilation_rate);
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

void BaseConvTransposeLayer::build(const Shape& input_shape) {
  const std::size_t axes = options_.kernel_size.size();
  const std::int64_t channels = defined_channels(input_shape, options_.data_format, axes);
  (void)compute_output_shape(input_shape);
  kernel_ =
      add_weight(kernel_weight(options_, kernel_shape(options_.kernel_size, {options_.filters, channels})));
  if (options_.use_bias) bias_ = add_weight(bias_weight(options_, options_.filters));
  set_input_spec(image_spec(options_.data_format, axes, channels));
}

Tensor BaseConvTransposeLayer::call(const Tensor& input, const CallContext&) {
  std::optional<std::vector<std::int64_t>> output_padding;
  if (options_.output_padding) output_padding = options_.output_padding->values();
  return options_.activation(ops::conv_transpose(
      input, kernel_.value(), bias_ ? bias_.value() : Tensor(),
      conv_options(options_.strides, options_.padding, options_.data_format, options_.dilation_rate),
      output_padding));
}

Shape BaseConvTransposeLayer::compute_output_shape(const Shape& input_shape) {
  const std::size_t axes = options_.kernel_size.size();
  const int first_spatial = options_.data_format == "channels_first" ? 2 : 1;
  Shape shape = input_shape;
  shape[channel_axis(options_.data_format, axes)] = options_.filters;
  for (std::size_t i = 0; i < axes; ++i) {
    std::int64_t& length = shape[first_spatial + static_cast<int>(i)];
    std::optional<std::int64_t> output_padding;
    if (options_.output_padding) output_padding = (*options_.output_padding)[i];
    length = ops::transposed_output_length(length, options_.kernel_size[i],
                                           ops::padding_from_name(options_.padding), options_.strides[i],
                                           options_.dilation_rate[i], output_padding);
  }
  return shape;
}

}  // namespace sepal
