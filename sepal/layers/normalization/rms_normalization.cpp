#include "sepal/layers/normalization/rms_normalization.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/normalization/axis_bounds.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/functions.h"
#include "sepal/ops/half.h"
#include "sepal/ops/reduce.h"

namespace sepal {

RMSNormalizationLayer::RMSNormalizationLayer(Options options)
    : ConfiguredLayer("RMSNormalization", std::move(options)) {
  if (options_.axis.empty()) {
    throw ValueError("The `axis` argument must be an integer or several. Received: axis=()");
  }
}

void RMSNormalizationLayer::build(const Shape& input_shape) {
  (void)compute_output_shape(input_shape);
  std::vector<std::int64_t> axes = options_.axis.values();
  std::sort(axes.begin(), axes.end());
  Shape shape;
  for (const std::int64_t axis : axes) {
    shape.push_back(input_shape[static_cast<int>(axis)]);
    if (shape.back() != kNone) continue;
    throw ValueError(fmt::format(
        "Axis {} of the inputs to RMSNormalization should be defined. Full input shape received: {}", axis,
        input_shape.str()));
  }
  // Keras writes a list once the layer is built.
  options_.axis = IntTuple(std::move(axes));
  scale_ = add_weight({.shape = shape, .initializer = "ones", .name = "scale"});
}

Tensor RMSNormalizationLayer::call(const Tensor& input, const CallContext&) {
  const Tensor x = ops::widened(input);
  const Tensor mean = ops::mean(ops::square(x), options_.axis.values(), true);
  const Tensor y = ops::multiply(x, ops::rsqrt(ops::add(mean, options_.epsilon)));
  return ops::cast(ops::multiply(y, ops::cast(scale_.value(), x.dtype())), input.dtype());
}

Shape RMSNormalizationLayer::compute_output_shape(const Shape& input_shape) {
  expect_axes_within(options_.axis, input_shape);
  return input_shape;
}

}  // namespace sepal
