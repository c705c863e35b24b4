#include "sepal/layers/reshaping/flatten.h"

#include "sepal/layers/image_data_format.h"
#include "sepal/ops/array.h"

namespace sepal {

FlattenLayer::FlattenLayer(Options options) : ConfiguredLayer("Flatten", std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  set_input_spec({.min_ndim = 1});
}

Tensor FlattenLayer::call(const Tensor& input, const CallContext&) {
  Tensor x = input;
  if (options_.data_format == "channels_first" && x.rank() > 2) {
    std::vector<int> channels_last{0};
    for (int axis = 2; axis < x.rank(); ++axis) channels_last.push_back(axis);
    channels_last.push_back(1);
    x = ops::transpose(x, channels_last);
  }
  return ops::reshape(x, {x.shape()[0], x.shape().slice(1).num_elements()});
}

Shape FlattenLayer::compute_output_shape(const Shape& input_shape) {
  const Shape rest = input_shape.slice(1);
  return {input_shape[0], rest.is_fully_defined() ? rest.num_elements() : kNone};
}

}  // namespace sepal
