#include "sepal/layers/pooling/base_pooling.h"

#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/image_data_format.h"

namespace sepal {

BasePoolingLayer::BasePoolingLayer(const char* class_name, std::size_t axes, Pool pool, Options options)
    : ConfiguredLayer(class_name, std::move(options)), pool_(pool) {
  options_.pool_size = standardize_tuple(options_.pool_size, axes, "pool_size");
  options_.strides =
      options_.strides.empty() ? options_.pool_size : standardize_tuple(options_.strides, axes, "strides");
  options_.padding = standardize_choice(options_.padding, {"valid", "same"}, "padding");
  options_.data_format = standardize_data_format(options_.data_format);
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

Tensor BasePoolingLayer::call(const Tensor& input, const CallContext&) {
  return pool_(input, {.pool_size = options_.pool_size.values(),
                       .strides = options_.strides.values(),
                       .padding = ops::padding_from_name(options_.padding),
                       .channels_first = options_.data_format == "channels_first"});
}

Shape BasePoolingLayer::compute_output_shape(const Shape& input_shape) {
  const std::size_t axes = options_.pool_size.size();
  return conv_output_shape(input_shape, input_shape[channel_axis(options_.data_format, axes)],
                           options_.pool_size, options_.strides, options_.padding, options_.data_format,
                           standardize_tuple(1, axes, "dilation_rate"));
}

}  // namespace sepal
