#include "sepal/layers/pooling/base_global_pooling.h"

#include <numeric>

#include "sepal/layers/image_data_format.h"

namespace sepal {

BaseGlobalPoolingLayer::BaseGlobalPoolingLayer(const char* class_name, std::size_t axes, Options options)
    : ConfiguredLayer(class_name, std::move(options)), axes_(axes) {
  options_.data_format = standardize_data_format(options_.data_format);
  set_input_spec({.ndim = static_cast<int>(axes) + 2});
}

std::vector<std::int64_t> BaseGlobalPoolingLayer::spatial_axes() const {
  std::vector<std::int64_t> axes(axes_);
  std::iota(axes.begin(), axes.end(), options_.data_format == "channels_first" ? 2 : 1);
  return axes;
}

Shape BaseGlobalPoolingLayer::compute_output_shape(const Shape& input_shape) {
  Shape kept = input_shape;
  for (const std::int64_t axis : spatial_axes()) kept[static_cast<int>(axis)] = 1;
  if (options_.keepdims) return kept;
  return {input_shape[0], input_shape[options_.data_format == "channels_first" ? 1 : -1]};
}

}  // namespace sepal
