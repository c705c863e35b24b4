#include "sepal/layers/normalization/unit_normalization.h"

#include "sepal/layers/normalization/axis_bounds.h"
#include "sepal/ops/layer_normalization.h"

namespace sepal {

Tensor UnitNormalizationLayer::call(const Tensor& input, const CallContext&) {
  return ops::normalize(input, options_.axis.values(), 1e-12);
}

Shape UnitNormalizationLayer::compute_output_shape(const Shape& input_shape) {
  expect_axes_within(options_.axis, input_shape);
  return input_shape;
}

}  // namespace sepal
