#include "sepal/layers/reshaping/cropping.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/layers/image_data_format.h"
#include "sepal/ops/array.h"

namespace sepal {

template <class OptionsT>
CroppingLayer<OptionsT>::CroppingLayer(const char* class_name, int spatial_rank, Options options)
    : MovingLayer<OptionsT>(class_name, std::move(options)) {
  if constexpr (requires { options_.data_format; }) {
    options_.data_format = standardize_data_format(options_.data_format);
  }
  options_.cropping =
      standardize_pairs(options_.cropping, static_cast<std::size_t>(spatial_rank), "cropping");
  this->set_input_spec({.ndim = spatial_rank + 2});
}

template <class OptionsT>
int CroppingLayer<OptionsT>::first_axis() const {
  if constexpr (requires { options_.data_format; }) return options_.data_format == "channels_first" ? 2 : 1;
  return 1;
}

template <class OptionsT>
Shape CroppingLayer<OptionsT>::compute_output_shape(const Shape& input_shape) {
  Shape result = input_shape;
  int axis = first_axis();
  for (std::size_t i = 0; i < options_.cropping.size(); ++i, ++axis) {
    if (result[axis] == kNone) continue;
    const auto [before, after] = options_.cropping[i];
    result[axis] -= before + after;
    if (result[axis] <= 0) {
      throw ValueError(
          fmt::format("Values in `cropping` argument should be smaller than the corresponding spatial "
                      "dimension of the input. Received: input_shape={}, cropping={}",
                      input_shape.str(), options_.cropping.str()));
    }
  }
  return result;
}

template <class OptionsT>
Tensor CroppingLayer<OptionsT>::call(const Tensor& input, const CallContext&) {
  const Shape shape = compute_output_shape(input.shape());
  Tensor x = input;
  int axis = first_axis();
  for (std::size_t i = 0; i < options_.cropping.size(); ++i, ++axis) {
    const std::int64_t begin = options_.cropping[i].first;
    if (shape[axis] != x.shape()[axis]) x = ops::slice(x, axis, begin, begin + shape[axis]);
  }
  return x;
}

template class CroppingLayer<Cropping1DOptions>;
template class CroppingLayer<CroppingOptions<0>>;
template class CroppingLayer<CroppingOptions<1>>;

}  // namespace sepal
