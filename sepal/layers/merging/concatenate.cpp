#include "sepal/layers/merging/concatenate.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/logical.h"

namespace sepal {

void ConcatenateLayer::build_all(const Shapes& input_shapes) {
  if (input_shapes.empty()) {
    throw ValueError(
        "A `Concatenate` layer should be called on a list of at least 1 input. Received an empty list.");
  }
  (void)compute_output_shapes(input_shapes);
}

Tensors ConcatenateLayer::call_all(const Tensors& inputs, const CallContext&) {
  return {ops::concatenate(inputs, options_.axis)};
}

Tensors ConcatenateLayer::compute_masks(const Tensors& inputs, const Tensors& masks) {
  if (masks.empty()) return {};
  Tensors wide;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Shape& shape = inputs[i].shape();
    Tensor mask = masks[i].defined() ? masks[i] : Tensor::ones(shape, DType::boolean);
    if (mask.rank() < shape.rank()) {
      Shape column = mask.shape();
      column.push_back(1);
      mask = ops::broadcast_to(mask.reshaped(column), shape);
    }
    wide.push_back(std::move(mask));
  }
  return {ops::any_of_last_axis(ops::concatenate(wide, options_.axis))};
}

Shapes ConcatenateLayer::compute_output_shapes(const Shapes& input_shapes) {
  Shape result = input_shapes.at(0);
  const int axis = normalize_axis(options_.axis, result.rank());
  for (std::size_t i = 1; i < input_shapes.size(); ++i) {
    const Shape& shape = input_shapes[i];
    bool fits = shape.rank() == result.rank();
    for (int k = 0; fits && k < result.rank(); ++k) {
      if (k == axis) {
        result[k] = result[k] == kNone || shape[k] == kNone ? kNone : result[k] + shape[k];
      } else if (result[k] == kNone) {
        result[k] = shape[k];
      } else {
        fits = shape[k] == kNone || shape[k] == result[k];
      }
    }
    if (!fits) {
      throw ValueError(
          fmt::format("A `Concatenate` layer requires inputs with matching shapes except for the "
                      "concatenation axis. Received: {} and {} with axis={}",
                      input_shapes[0].str(), shape.str(), options_.axis));
    }
  }
  return {result};
}

}  // namespace sepal
