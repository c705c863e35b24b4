#include "sepal/layers/normalization/layer_normalization.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/normalization/axis_bounds.h"
#include "sepal/layers/normalization/scale_weights.h"
#include "sepal/ops/half.h"
#include "sepal/ops/layer_normalization.h"

namespace sepal {

LayerNormalizationLayer::LayerNormalizationLayer(Options options)
    : ConfiguredLayer("LayerNormalization", std::move(options)) {
  set_supports_masking();
  set_autocast(false);
  if (options_.axis.empty()) {
    throw ValueError("The `axis` argument must be an integer or several. Received: axis=()");
  }
}

void LayerNormalizationLayer::build(const Shape& input_shape) {
  (void)compute_output_shape(input_shape);
  std::vector<std::int64_t> axes = options_.axis.values();
  std::sort(axes.begin(), axes.end());
  Shape shape;
  for (const std::int64_t axis : axes) {
    const std::int64_t length = input_shape[static_cast<int>(axis)];
    if (length == kNone) {
      throw ValueError(
          fmt::format("Axis {} of the inputs to LayerNormalization should be defined. Full input shape "
                      "received: {}",
                      axis, input_shape.str()));
    }
    shape.push_back(length);
  }
  if (options_.scale || options_.rms_scaling) gamma_ = add_weight(gamma_weight(options_, shape));
  if (options_.center && !options_.rms_scaling) beta_ = add_weight(beta_weight(options_, shape));
}

Tensor LayerNormalizationLayer::call(const Tensor& input, const CallContext&) {
  const Tensor x = ops::widened(input);
  const Tensor y = ops::layer_normalization(x, value_as(gamma_, x.dtype()), value_as(beta_, x.dtype()),
                                            options_.axis.values(), options_.epsilon, options_.rms_scaling);
  return ops::cast(y, compute_dtype());
}

Shape LayerNormalizationLayer::compute_output_shape(const Shape& input_shape) {
  expect_axes_within(options_.axis, input_shape);
  return input_shape;
}

}  // namespace sepal
