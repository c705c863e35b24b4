#include "sepal/layers/merging/merge.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/logical.h"

namespace sepal {
namespace {

// `shape` with axes of length 1 behind the batch axis until it has `rank` axes.
Shape widened(const Shape& shape, int rank) {
  if (shape.rank() == 0 || shape.rank() == rank) return shape;
  Shape result{shape[0]};
  for (int i = shape.rank(); i < rank; ++i) result.push_back(1);
  for (const std::int64_t dim : shape.slice(1)) result.push_back(dim);
  return result;
}

int largest_rank(const Shapes& shapes) {
  int rank = 0;
  for (const Shape& shape : shapes) rank = std::max(rank, shape.rank());
  return rank;
}

}  // namespace

void MergeLayer::build_all(const Shapes& input_shapes) {
  if (input_shapes.empty()) {
    throw ValueError(
        fmt::format("A `{}` layer should be called on a list of at least 1 input. Received an empty list.",
                    class_name()));
  }
  (void)compute_output_shapes(input_shapes);
}

Tensors MergeLayer::call_all(const Tensors& inputs, const CallContext&) {
  Shapes shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  const int rank = largest_rank(shapes);
  const auto prepared = [&](const Tensor& input) {
    return input.rank() == rank ? input : ops::reshape(input, widened(input.shape(), rank));
  };
  Tensor merged = prepared(inputs.at(0));
  for (std::size_t i = 1; i < inputs.size(); ++i) merged = merge(merged, prepared(inputs[i]));
  return {finish(merged, inputs.size())};
}

Tensor MergeLayer::finish(const Tensor& merged, std::size_t) const { return merged; }

Shapes MergeLayer::compute_output_shapes(const Shapes& input_shapes) {
  const int rank = largest_rank(input_shapes);
  Shape result = widened(input_shapes.at(0), rank);
  for (std::size_t i = 1; i < input_shapes.size(); ++i) {
    try {
      result = broadcast_shapes(result, widened(input_shapes[i], rank));
    } catch (const ValueError&) {
      throw ValueError(fmt::format("Inputs have incompatible shapes. Received shapes {} and {}", result.str(),
                                   input_shapes[i].str()));
    }
  }
  return {result};
}

Tensors MergeLayer::compute_masks(const Tensors&, const Tensors& masks) {
  if (masks.empty()) return {};
  for (const Tensor& mask : masks) {
    if (!mask.defined()) return {};
  }
  Tensor joined = masks[0];
  for (std::size_t i = 1; i < masks.size(); ++i) joined = ops::logical_or(joined, masks[i]);
  return {joined};
}

Tensor AddLayer::merge(const Tensor& a, const Tensor& b) const { return ops::add(a, b); }

Tensor SubtractLayer::merge(const Tensor& a, const Tensor& b) const { return ops::subtract(a, b); }

void SubtractLayer::build_all(const Shapes& input_shapes) {
  if (input_shapes.size() != 2) {
    throw ValueError(fmt::format(
        "A `Subtract` layer should be called on exactly 2 inputs. Received: {} inputs", input_shapes.size()));
  }
  MergeLayer::build_all(input_shapes);
}

Tensor MultiplyLayer::merge(const Tensor& a, const Tensor& b) const { return ops::multiply(a, b); }

Tensor AverageLayer::merge(const Tensor& a, const Tensor& b) const { return ops::add(a, b); }

Tensor AverageLayer::finish(const Tensor& merged, std::size_t inputs) const {
  return ops::divide(merged, Tensor::scalar(static_cast<double>(inputs), merged.dtype()));
}

Tensor MaximumLayer::merge(const Tensor& a, const Tensor& b) const { return ops::maximum(a, b); }

Tensor MinimumLayer::merge(const Tensor& a, const Tensor& b) const { return ops::minimum(a, b); }

}  // namespace sepal
