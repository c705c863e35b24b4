#include "sepal/layers/reshaping/up_sampling.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/layers/image_data_format.h"
#include "sepal/ops/array.h"
#include "sepal/ops/image.h"

namespace sepal {
namespace {

int first_spatial_axis(const std::string& data_format) { return data_format == "channels_first" ? 2 : 1; }

// The axes from `first` on times `factors`.
Shape enlarged(Shape shape, int first, const std::vector<std::int64_t>& factors) {
  for (const std::int64_t factor : factors) {
    if (shape[first] != kNone) shape[first] = checked_multiply(shape[first], factor);
    ++first;
  }
  return shape;
}

Tensor repeated(Tensor x, int first, const std::vector<std::int64_t>& factors) {
  for (const std::int64_t factor : factors) x = ops::repeat(x, factor, first++);
  return x;
}

}  // namespace

UpSampling1DLayer::UpSampling1DLayer(Options options) : MovingLayer("UpSampling1D", std::move(options)) {
  if (options_.size <= 0) {
    throw ValueError(
        fmt::format("Argument `size` should be a positive integer. Received: size={}", options_.size));
  }
  set_input_spec({.ndim = 3});
}

Tensor UpSampling1DLayer::call(const Tensor& input, const CallContext&) {
  return ops::repeat(input, options_.size, 1);
}

Shape UpSampling1DLayer::compute_output_shape(const Shape& input_shape) {
  return enlarged(input_shape, 1, {options_.size});
}

UpSampling2DLayer::UpSampling2DLayer(Options options) : MovingLayer("UpSampling2D", std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  options_.size = standardize_tuple(options_.size, 2, "size");
  set_input_spec({.ndim = 4});
}

Tensor UpSampling2DLayer::call(const Tensor& input, const CallContext&) {
  const int first = first_spatial_axis(options_.data_format);
  if (options_.interpolation == "nearest") return repeated(input, first, options_.size.values());
  const Shape shape = compute_output_shape(input.shape());
  return ops::resize(input, shape[first], shape[first + 1],
                     ops::interpolation_from_name(options_.interpolation), first == 2);
}

Shape UpSampling2DLayer::compute_output_shape(const Shape& input_shape) {
  // Here and not in the constructor, as in Keras 3.
  (void)standardize_choice(options_.interpolation,
                           {"nearest", "bilinear", "bicubic", "lanczos3", "lanczos5", "area"},
                           "interpolation");
  return enlarged(input_shape, first_spatial_axis(options_.data_format), options_.size.values());
}

UpSampling3DLayer::UpSampling3DLayer(Options options) : MovingLayer("UpSampling3D", std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  options_.size = standardize_tuple(options_.size, 3, "size");
  set_input_spec({.ndim = 5});
}

Tensor UpSampling3DLayer::call(const Tensor& input, const CallContext&) {
  return repeated(input, first_spatial_axis(options_.data_format), options_.size.values());
}

Shape UpSampling3DLayer::compute_output_shape(const Shape& input_shape) {
  return enlarged(input_shape, first_spatial_axis(options_.data_format), options_.size.values());
}

}  // namespace sepal
