#include "sepal/layers/activations/prelu.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

void config_put(Json& out, const char* key, const SharedAxes& axes) {
  if (axes.axes.empty()) {
    config_put(out, key, nullptr);
  } else {
    config_put(out, key, IntTuple(axes.axes));
  }
}

void config_get(const Json& in, const ConfigField& field, SharedAxes& axes) {
  IntTuple tuple;
  if (!is_null(in)) config_get(in, field, tuple);
  axes.axes = tuple.values();
}

void PReLULayer::build(const Shape& input_shape) {
  Shape shape = input_shape.slice(1);
  InputSpec spec{.ndim = input_shape.rank()};
  for (int axis = 1; axis < input_shape.rank(); ++axis) {
    const auto& shared = options_.shared_axes.axes;
    const bool is_shared = std::find(shared.begin(), shared.end(), axis) != shared.end();
    if (is_shared) {
      shape[axis - 1] = 1;
    } else if (shape[axis - 1] == kNone) {
      throw ValueError(
          fmt::format("PReLU needs a defined length on every axis that is not shared. Received: "
                      "input_shape={}",
                      input_shape.str()));
    } else {
      spec.axes[axis] = shape[axis - 1];
    }
  }
  alpha_ = add_weight({.shape = shape,
                       .initializer = options_.alpha_initializer,
                       .name = "alpha",
                       .regularizer = options_.alpha_regularizer,
                       .constraint = options_.alpha_constraint});
  set_input_spec(spec);
}

Tensor PReLULayer::call(const Tensor& input, const CallContext&) {
  const Tensor negative_part = ops::multiply(ops::negative(alpha_.value()), ops::relu(ops::negative(input)));
  return ops::add(ops::relu(input), negative_part);
}

}  // namespace sepal
