#include "sepal/layers/pooling/global_pooling2d.h"

#include "sepal/layers/image_data_format.h"
#include "sepal/ops/reduce.h"

namespace sepal {

GlobalPooling2DLayer::GlobalPooling2DLayer(const char* class_name, Options options)
    : ConfiguredLayer(class_name, std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  set_input_spec({.ndim = 4});
}

std::vector<std::int64_t> GlobalPooling2DLayer::spatial_axes() const {
  return options_.data_format == "channels_first" ? std::vector<std::int64_t>{2, 3}
                                                  : std::vector<std::int64_t>{1, 2};
}

Shape GlobalPooling2DLayer::compute_output_shape(const Shape& input_shape) {
  const bool channels_first = options_.data_format == "channels_first";
  const std::int64_t channels = input_shape[channels_first ? 1 : 3];
  if (!options_.keepdims) return {input_shape[0], channels};
  return channels_first ? Shape{input_shape[0], channels, 1, 1} : Shape{input_shape[0], 1, 1, channels};
}

Tensor GlobalAveragePooling2DLayer::call(const Tensor& input, const CallContext&) {
  return ops::mean(input, spatial_axes(), options_.keepdims);
}

Tensor GlobalMaxPooling2DLayer::call(const Tensor& input, const CallContext&) {
  return ops::max(input, spatial_axes(), options_.keepdims);
}

}  // namespace sepal
