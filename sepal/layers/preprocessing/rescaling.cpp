#include "sepal/layers/preprocessing/rescaling.h"

#include "sepal/layers/image_data_format.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

// The values as a tensor that broadcasts against x along its channels.
Tensor along_channels(const PerChannel& value, const Tensor& x) {
  if (!value.is_list) return Tensor::scalar(value.values[0], x.dtype());
  const auto count = static_cast<std::int64_t>(value.values.size());
  Tensor tensor = Tensor::from(value.values, {count}).astype(x.dtype());
  if (image_data_format() != "channels_first" || x.rank() < 3) return tensor;
  Shape shape{count};
  for (int i = 2; i < x.rank(); ++i) shape.push_back(1);
  return tensor.reshaped(shape);
}

bool is_zero(const PerChannel& value) { return !value.is_list && value.values[0] == 0.0; }

}  // namespace

Tensor RescalingLayer::call(const Tensor& input, const CallContext&) {
  const Tensor x = ops::cast(input, compute_dtype());
  const Tensor scaled = ops::multiply(x, along_channels(options_.scale, x));
  return is_zero(options_.offset) ? scaled : ops::add(scaled, along_channels(options_.offset, x));
}

}  // namespace sepal
