#include "sepal/layers/normalization/group_normalization.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/layers/normalization/axis_bounds.h"
#include "sepal/layers/normalization/scale_weights.h"
#include "sepal/ops/half.h"
#include "sepal/ops/layer_normalization.h"

namespace sepal {

GroupNormalizationLayer::GroupNormalizationLayer(Options options)
    : ConfiguredLayer("GroupNormalization", std::move(options)) {
  set_supports_masking();
  set_autocast(false);
  if (options_.groups <= 0 && options_.groups != -1) {
    throw ValueError(
        fmt::format("Received an invalid value for argument `groups`, expected a positive integer (or `-1` "
                    "for instance normalization). Received: groups={}",
                    options_.groups));
  }
}

void GroupNormalizationLayer::build(const Shape& input_shape) {
  (void)compute_output_shape(input_shape);
  const int axis = normalize_axis(options_.axis, input_shape.rank());
  const std::int64_t channels = input_shape[axis];
  if (channels == kNone) {
    throw ValueError(
        fmt::format("Axis {} of input tensor should have a defined dimension but the layer received an input "
                    "with shape {}.",
                    options_.axis, input_shape.str()));
  }
  const std::int64_t groups = options_.groups == -1 ? channels : options_.groups;
  if (channels < groups) {
    throw ValueError(fmt::format("Number of groups ({}) cannot be more than the number of channels ({}).",
                                 groups, channels));
  }
  if (channels % groups != 0) {
    throw ValueError(fmt::format(
        "The number of channels ({}) must be a multiple of the number of groups ({}).", channels, groups));
  }
  set_input_spec({.ndim = input_shape.rank(), .axes = {{axis, channels}}});
  if (options_.scale) gamma_ = add_weight(gamma_weight(options_, {channels}));
  if (options_.center) beta_ = add_weight(beta_weight(options_, {channels}));
}

Tensor GroupNormalizationLayer::call(const Tensor& input, const CallContext&) {
  const std::int64_t groups =
      options_.groups == -1 ? input.shape()[static_cast<int>(options_.axis)] : options_.groups;
  const Tensor x = ops::widened(input);
  const Tensor y = ops::group_normalization(x, value_as(gamma_, x.dtype()), value_as(beta_, x.dtype()),
                                            groups, options_.axis, options_.epsilon);
  return ops::cast(y, compute_dtype());
}

Shape GroupNormalizationLayer::compute_output_shape(const Shape& input_shape) {
  expect_axes_within({options_.axis}, input_shape);
  return input_shape;
}

}  // namespace sepal
