#include "sepal/layers/operations/array_operations.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/layers/merging/concatenate.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal {

Tensor ReductionOptions::compute(const Tensors& inputs) const {
  const auto axes = axis ? std::optional(axis->values()) : std::nullopt;
  return reduce(inputs.at(0), axes, keepdims);
}

Shape ReductionOptions::shape(const Shapes& input_shapes) const {
  const Shape& from = input_shapes.at(0);
  std::vector<bool> reduced(static_cast<std::size_t>(from.rank()), !axis);
  if (axis) {
    for (const std::int64_t one : axis->values())
      reduced[static_cast<std::size_t>(normalize_axis(one, from.rank()))] = true;
  }
  Shape result;
  for (int i = 0; i < from.rank(); ++i) {
    if (!reduced[static_cast<std::size_t>(i)]) {
      result.push_back(from[i]);
    } else if (keepdims) {
      result.push_back(1);
    }
  }
  return result;
}

Tensor ReshapeOperationOptions::compute(const Tensors& inputs) const {
  return ops::reshape(inputs.at(0), Shape(newshape.values()));
}

Shape ReshapeOperationOptions::shape(const Shapes& input_shapes) const {
  // -1 is kNone; a length that it stands for is known if all others are.
  Shape result(newshape.values());
  for (const std::int64_t dim : result) {
    if (dim < kNone) throw ValueError(fmt::format("Invalid `newshape`. Received: {}", newshape.str()));
  }
  const auto unknown = std::count(result.begin(), result.end(), kNone);
  if (unknown > 1 || result.rank() > kMaxRank) {
    throw ValueError(
        fmt::format("There must be at most one unknown dimension (-1) and {} dimensions in "
                    "`newshape`. Received: {}",
                    kMaxRank, newshape.str()));
  }
  if (!input_shapes.at(0).is_fully_defined() || unknown == 0) return result;
  std::int64_t known = 1;
  for (const std::int64_t dim : result) {
    if (dim != kNone) known = checked_multiply(known, dim);
  }
  for (int i = 0; i < result.rank() && known > 0; ++i) {
    if (result[i] == kNone) result[i] = input_shapes[0].num_elements() / known;
  }
  return result;
}

std::vector<int> TransposeOptions::permutation(int rank) const {
  std::vector<int> order;
  for (int i = 0; i < rank; ++i) order.push_back(rank - 1 - i);
  if (!axes) return order;
  order.clear();
  for (const std::int64_t axis : axes->values()) order.push_back(normalize_axis(axis, rank));
  std::vector<int> sorted = order;
  std::sort(sorted.begin(), sorted.end());
  if (static_cast<int>(sorted.size()) != rank || std::unique(sorted.begin(), sorted.end()) != sorted.end()) {
    throw ValueError(fmt::format("`axes` must be a permutation of {} axes. Received: {}", rank, axes->str()));
  }
  return order;
}

Tensor TransposeOptions::compute(const Tensors& inputs) const {
  return ops::transpose(inputs.at(0), permutation(inputs[0].rank()));
}

Shape TransposeOptions::shape(const Shapes& input_shapes) const {
  Shape result;
  for (const int axis : permutation(input_shapes.at(0).rank())) result.push_back(input_shapes[0][axis]);
  return result;
}

Tensor ExpandDimsOptions::compute(const Tensors& inputs) const {
  return ops::reshape(inputs.at(0), shape({inputs[0].shape()}));
}

Shape ExpandDimsOptions::shape(const Shapes& input_shapes) const {
  const Shape& from = input_shapes.at(0);
  const int place = normalize_axis(axis, from.rank() + 1);
  Shape result = from.slice(0, place);
  result.push_back(1);
  for (const std::int64_t dim : from.slice(place)) result.push_back(dim);
  return result;
}

Tensor ConcatenateOperationOptions::compute(const Tensors& inputs) const {
  return ops::concatenate(inputs, axis);
}

Shape ConcatenateOperationOptions::shape(const Shapes& input_shapes) const {
  // With a name, so that it does not take one from the numbering.
  return ConcatenateLayer({.axis = axis, .name = "concatenate"}).output_shapes_for(input_shapes).at(0);
}

Tensor ClipOptions::compute(const Tensors& inputs) const { return ops::clip(inputs.at(0), x_min, x_max); }

Tensor SoftmaxOperationOptions::compute(const Tensors& inputs) const {
  return ops::softmax(inputs.at(0), axis);
}

}  // namespace sepal
