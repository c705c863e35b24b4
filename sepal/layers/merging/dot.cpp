#include "sepal/layers/merging/dot.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/batch_matmul.h"
#include "sepal/ops/layer_normalization.h"

namespace sepal {
namespace {

// (batch, all other axes together, axis).
Tensor as_matrices(const Tensor& x, int axis) {
  std::vector<int> order;
  for (int i = 0; i < x.rank(); ++i) {
    if (i != axis) order.push_back(i);
  }
  order.push_back(axis);
  const Tensor ordered = axis == x.rank() - 1 ? x : ops::transpose(x, order);
  const std::int64_t length = x.shape()[axis];
  return ops::reshape(ordered, {x.shape()[0], ordered.shape().slice(1, x.rank() - 1).num_elements(), length});
}

}  // namespace

DotLayer::DotLayer(Options options) : ConfiguredLayer("Dot", std::move(options)) {
  set_supports_masking();
  if (!options_.axes.is_scalar() && options_.axes.size() != 2) {
    throw ValueError(
        fmt::format("Invalid format for argument `axes`: it should contain two elements. Received: axes={}",
                    options_.axes.str()));
  }
}

int DotLayer::axis_of(std::size_t input, const Shape& shape) const {
  const int axis = normalize_axis(options_.axes[options_.axes.is_scalar() ? 0 : input], shape.rank());
  if (axis == 0) {
    throw ValueError(
        fmt::format("A `Dot` layer cannot sum over axis 0, the batch. Received: axes={}, input shape {}",
                    options_.axes.str(), shape.str()));
  }
  return axis;
}

void DotLayer::build_all(const Shapes& input_shapes) {
  (void)compute_output_shapes(input_shapes);
  const Shape& a = input_shapes[0];
  const Shape& b = input_shapes[1];
  const int axis_a = axis_of(0, a);
  const int axis_b = axis_of(1, b);
  if (a[axis_a] != b[axis_b] && a[axis_a] != kNone && b[axis_b] != kNone) {
    throw ValueError(
        fmt::format("Incompatible input shapes: axis values {} (at axis {}) != {} (at axis {}). Full input "
                    "shapes: {}, {}",
                    a[axis_a], axis_a, b[axis_b], axis_b, a.str(), b.str()));
  }
}

Tensors DotLayer::call_all(const Tensors& inputs, const CallContext&) {
  Tensors matrices;
  Shapes shapes;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const int axis = axis_of(i, inputs[i].shape());
    matrices.push_back(as_matrices(options_.normalize ? ops::normalize(inputs[i], {axis}) : inputs[i], axis));
    shapes.push_back(inputs[i].shape());
  }
  return {ops::reshape(ops::batch_matmul(matrices.at(0), matrices.at(1), false, true),
                       compute_output_shapes(shapes)[0])};
}

Shapes DotLayer::compute_output_shapes(const Shapes& input_shapes) {
  if (input_shapes.size() != 2) {
    throw ValueError(fmt::format("A `Dot` layer should be called on a list of 2 inputs. Received: {} inputs",
                                 input_shapes.size()));
  }
  Shape result;
  for (std::size_t i = 0; i < 2; ++i) {
    const Shape& shape = input_shapes[i];
    const int axis = axis_of(i, shape);
    for (int k = i == 0 ? 0 : 1; k < shape.rank(); ++k) {
      if (k != axis) result.push_back(shape[k]);
    }
  }
  if (result.rank() == 1) result.push_back(1);
  return {result};
}

}  // namespace sepal
