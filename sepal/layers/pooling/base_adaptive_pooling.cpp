#include "sepal/layers/pooling/base_adaptive_pooling.h"

#include "sepal/layers/image_data_format.h"

namespace sepal {

BaseAdaptivePoolingLayer::BaseAdaptivePoolingLayer(const char* class_name, std::size_t axes, Pool pool,
                                                   Options options)
    : ConfiguredLayer(class_name, std::move(options)), pool_(pool) {
  options_.output_size = standardize_tuple(options_.output_size, axes, "output_size");
  options_.data_format = standardize_data_format(options_.data_format);
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

Tensor BaseAdaptivePoolingLayer::call(const Tensor& input, const CallContext&) {
  return pool_(input, options_.output_size.values(), options_.data_format == "channels_first");
}

Shape BaseAdaptivePoolingLayer::compute_output_shape(const Shape& input_shape) {
  Shape shape = input_shape;
  int axis = options_.data_format == "channels_first" ? 2 : 1;
  for (const std::int64_t length : options_.output_size.values()) shape[axis++] = length;
  return shape;
}

}  // namespace sepal
