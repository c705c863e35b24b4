#include "sepal/layers/preprocessing/random_crop.h"

#include "sepal/layers/image_data_format.h"
#include "sepal/layers/preprocessing/image_batch.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/image.h"

namespace sepal {

RandomCropLayer::RandomCropLayer(Options options)
    : ConfiguredLayer("RandomCrop", std::move(options)), generator_(options_.seed) {
  options_.data_format = standardize_data_format(options_.data_format);
  expect_size(options_.height, options_.width);
}

Tensor RandomCropLayer::call(const Tensor& input, const CallContext& context) {
  const Shape shape = compute_output_shape(input.shape());
  const Tensor x = as_batch(ops::cast(input, compute_dtype()));
  const int axis = height_axis(x.shape(), options_.data_format);
  const std::int64_t spare_rows = x.shape()[axis] - options_.height;
  const std::int64_t spare_columns = x.shape()[axis + 1] - options_.width;
  if (!context.training || spare_rows <= 0 || spare_columns <= 0) {
    const Tensor middle = middle_of_aspect(x, axis, options_.height, options_.width);
    return ops::reshape(ops::resize(middle, options_.height, options_.width, ops::Interpolation::bilinear,
                                    options_.data_format == "channels_first"),
                        shape);
  }
  RandomStream stream(generator_.next());
  const auto drawn = [&](std::int64_t spare) {
    return static_cast<std::int64_t>(stream.next_uniform() * static_cast<double>(spare + 1));
  };
  const std::int64_t top = drawn(spare_rows);
  const std::int64_t left = drawn(spare_columns);
  const Tensor rows = ops::slice(x, axis, top, top + options_.height);
  return ops::reshape(ops::slice(rows, axis + 1, left, left + options_.width), shape);
}

Shape RandomCropLayer::compute_output_shape(const Shape& input_shape) {
  return with_size(input_shape, options_.data_format, options_.height, options_.width);
}

}  // namespace sepal
