#include "sepal/layers/pooling/pooling2d.h"

#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/image_data_format.h"

namespace sepal {

Pooling2DLayer::Pooling2DLayer(const char* class_name, Options options)
    : ConfiguredLayer(class_name, std::move(options)) {
  options_.pool_size = standardize_tuple(options_.pool_size, 2, "pool_size");
  options_.strides =
      options_.strides.empty() ? options_.pool_size : standardize_tuple(options_.strides, 2, "strides");
  options_.padding = standardize_choice(options_.padding, {"valid", "same"}, "padding");
  options_.data_format = standardize_data_format(options_.data_format);
  set_input_spec({.ndim = 4});
}

Shape Pooling2DLayer::compute_output_shape(const Shape& input_shape) {
  return conv_output_shape(input_shape, input_shape[channel_axis(options_.data_format)], options_.pool_size,
                           options_.strides, options_.padding, options_.data_format, {1, 1});
}

ops::Pool2DOptions Pooling2DLayer::pool_options() const {
  return {.pool_h = options_.pool_size[0],
          .pool_w = options_.pool_size[1],
          .stride_h = options_.strides[0],
          .stride_w = options_.strides[1],
          .padding = ops::padding_from_name(options_.padding),
          .channels_first = options_.data_format == "channels_first"};
}

Tensor MaxPooling2DLayer::call(const Tensor& input, const CallContext&) {
  return ops::max_pool2d(input, pool_options());
}

Tensor AveragePooling2DLayer::call(const Tensor& input, const CallContext&) {
  return ops::average_pool2d(input, pool_options());
}

}  // namespace sepal
