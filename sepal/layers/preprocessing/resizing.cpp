#include "sepal/layers/preprocessing/resizing.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "sepal/base/error.h"
#include "sepal/layers/image_data_format.h"
#include "sepal/layers/preprocessing/image_batch.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/image.h"

namespace sepal {
namespace {

struct Size {
  std::int64_t height;
  std::int64_t width;
};

// The images with a frame of `value` that brings them near the target's aspect ratio: Keras puts the same
// number of cells on both sides, so an odd one is missing.
Tensor padded(const Tensor& images, int axis, Size target, double value) {
  const std::int64_t height = images.shape()[axis];
  const std::int64_t width = images.shape()[axis + 1];
  const std::int64_t more_height =
      (std::max(height, scaled_length(width, target.height, target.width)) - height) / 2;
  const std::int64_t more_width =
      (std::max(width, scaled_length(height, target.width, target.height)) - width) / 2;
  std::vector<std::pair<std::int64_t, std::int64_t>> padding(4);
  padding[static_cast<std::size_t>(axis)] = {more_height, more_height};
  padding[static_cast<std::size_t>(axis) + 1] = {more_width, more_width};
  const Tensor framed = ops::pad(images, padding);
  if (value == 0.0) return framed;
  Shape one_pixel_deep(std::vector<std::int64_t>(4, 1));
  one_pixel_deep[axis] = height;
  one_pixel_deep[axis + 1] = width;
  const Tensor inside = ops::pad(Tensor::ones(one_pixel_deep, images.dtype()), padding);
  return ops::add(framed, ops::multiply(ops::add(ops::negative(inside), 1.0), value));
}

// Rounded to whole numbers, half to even, within the range of `dtype`.
Tensor as_whole_numbers(const Tensor& x, DType dtype) {
  Tensor rounded = x.clone();
  float* values = rounded.mutable_data<float>();
  const bool is_signed = name_of(dtype)[0] == 'i';
  const int bits = static_cast<int>(size_of(dtype)) * 8 - (is_signed ? 1 : 0);
  // The largest float32 below 2^bits is below the largest whole number for 32 and 64 bits.
  const float highest =
      bits < 24 ? std::ldexp(1.0F, bits) - 1.0F : std::nextafter(std::ldexp(1.0F, bits), 0.0F);
  const float lowest = is_signed ? -std::ldexp(1.0F, bits) : 0.0F;
  for (std::int64_t i = 0; i < rounded.num_elements(); ++i)
    values[i] = std::clamp(std::nearbyint(values[i]), lowest, highest);
  return rounded.astype(dtype);
}

}  // namespace

ResizingLayer::ResizingLayer(Options options) : MovingLayer("Resizing", std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  expect_size(options_.height, options_.width);
  (void)ops::interpolation_from_name(options_.interpolation);
  if (options_.fill_mode != "constant") {
    throw ValueError(
        fmt::format("Invalid value for argument `fill_mode`. Only `'constant'` is supported. Received: "
                    "fill_mode={}",
                    options_.fill_mode));
  }
  if (options_.pad_to_aspect_ratio && options_.crop_to_aspect_ratio) {
    throw ValueError("Only one of `pad_to_aspect_ratio` & `crop_to_aspect_ratio` can be `True`.");
  }
}

Tensor ResizingLayer::call(const Tensor& input, const CallContext&) {
  const Shape shape = compute_output_shape(input.shape());
  const bool is_whole = !is_floating(input.dtype());
  Tensor x = as_batch(is_whole ? ops::cast(input, DType::float32) : input);
  const int axis = height_axis(x.shape(), options_.data_format);
  const Size target{options_.height, options_.width};
  if (options_.crop_to_aspect_ratio) x = middle_of_aspect(x, axis, target.height, target.width);
  if (options_.pad_to_aspect_ratio) x = padded(x, axis, target, options_.fill_value);
  x = ops::resize(x, target.height, target.width, ops::interpolation_from_name(options_.interpolation),
                  options_.data_format == "channels_first", options_.antialias);
  return ops::reshape(is_whole ? as_whole_numbers(x, input.dtype()) : x, shape);
}

Shape ResizingLayer::compute_output_shape(const Shape& input_shape) {
  return with_size(input_shape, options_.data_format, options_.height, options_.width);
}

CenterCropLayer::CenterCropLayer(Options options) : ConfiguredLayer("CenterCrop", std::move(options)) {
  options_.data_format = standardize_data_format(options_.data_format);
  expect_size(options_.height, options_.width);
}

Tensor CenterCropLayer::call(const Tensor& input, const CallContext&) {
  const Shape shape = compute_output_shape(input.shape());
  const Tensor x = as_batch(ops::cast(input, compute_dtype()));
  const int axis = height_axis(x.shape(), options_.data_format);
  const std::int64_t top = (x.shape()[axis] - options_.height) / 2;
  const std::int64_t left = (x.shape()[axis + 1] - options_.width) / 2;
  Tensor cut;
  if (x.shape()[axis] >= options_.height && x.shape()[axis + 1] >= options_.width) {
    cut = ops::slice(ops::slice(x, axis, top, top + options_.height), axis + 1, left, left + options_.width);
  } else {
    cut = ops::resize(middle_of_aspect(x, axis, options_.height, options_.width), options_.height,
                      options_.width, ops::Interpolation::bilinear, options_.data_format == "channels_first");
  }
  return ops::reshape(cut, shape);
}

Shape CenterCropLayer::compute_output_shape(const Shape& input_shape) {
  return with_size(input_shape, options_.data_format, options_.height, options_.width);
}

}  // namespace sepal
