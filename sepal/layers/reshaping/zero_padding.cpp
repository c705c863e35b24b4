#include "sepal/layers/reshaping/zero_padding.h"

#include "sepal/layers/image_data_format.h"
#include "sepal/ops/array.h"

namespace sepal {

ZeroPaddingLayer::ZeroPaddingLayer(const char* class_name, int spatial_rank, Options options)
    : MovingLayer(class_name, std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  options_.padding = standardize_pairs(options_.padding, static_cast<std::size_t>(spatial_rank), "padding");
  set_input_spec({.ndim = spatial_rank + 2});
}

Tensor ZeroPaddingLayer::call(const Tensor& input, const CallContext&) {
  const std::size_t first = options_.data_format == "channels_first" ? 2 : 1;
  std::vector<std::pair<std::int64_t, std::int64_t>> padding(static_cast<std::size_t>(input.rank()));
  for (std::size_t i = 0; i < options_.padding.size(); ++i) padding[first + i] = options_.padding[i];
  return ops::pad(input, padding);
}

Shape ZeroPaddingLayer::compute_output_shape(const Shape& input_shape) {
  Shape result = input_shape;
  int axis = options_.data_format == "channels_first" ? 2 : 1;
  for (std::size_t i = 0; i < options_.padding.size(); ++i, ++axis) {
    const auto [before, after] = options_.padding[i];
    if (result[axis] != kNone) result[axis] += before + after;
  }
  return result;
}

}  // namespace sepal
