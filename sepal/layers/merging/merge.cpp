#include "sepal/layers/merging/merge.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
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

// The mask of an input's steps for each of its elements.
Tensor mask_of_elements(const Tensor& mask, const Shape& shape) {
  Shape column = mask.shape();
  column.push_back(1);
  return ops::broadcast_to(ops::reshape(mask, column), shape);
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

Tensors MergeLayer::call_all(const Tensors& inputs, const CallContext& context) {
  Shapes shapes;
  for (const Tensor& input : inputs) shapes.push_back(input.shape());
  const int rank = largest_rank(shapes);
  Tensors prepared;
  Tensors masks;
  bool any_mask = false;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& input = inputs[i];
    const bool fits = input.rank() == rank;
    prepared.push_back(fits ? input : ops::reshape(input, widened(input.shape(), rank)));
    // A mask does not follow an input that gets axes (as in Keras).
    const bool counts = fits && !context.masks.empty() && context.masks[i].defined();
    masks.push_back(counts ? mask_of_elements(context.masks[i], input.shape()) : Tensor());
    any_mask = any_mask || counts;
  }
  return {finish(any_mask ? merge_masked(prepared, masks) : merge_in_order(prepared), inputs.size())};
}

Tensor MergeLayer::merge_in_order(const Tensors& inputs) const {
  Tensor merged = inputs.at(0);
  for (std::size_t i = 1; i < inputs.size(); ++i) merged = merge(merged, inputs[i]);
  return merged;
}

Tensor MergeLayer::merge_masked(const Tensors& inputs, const Tensors&) const {
  return merge_in_order(inputs);
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

Tensor MultiplyLayer::merge_masked(const Tensors& inputs, const Tensors& masks) const {
  Tensors factors;
  Tensor counts;
  bool all_masked = true;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const Tensor& mask = masks[i];
    all_masked = all_masked && mask.defined();
    if (!mask.defined()) {
      factors.push_back(inputs[i]);
      continue;
    }
    factors.push_back(ops::select(mask, inputs[i], Tensor::ones({}, inputs[i].dtype())));
    counts = counts.defined() ? ops::logical_or(counts, mask) : mask;
  }
  const Tensor product = merge_in_order(factors);
  return all_masked ? ops::select(counts, product, Tensor::zeros({}, product.dtype())) : product;
}

Tensor AverageLayer::merge(const Tensor& a, const Tensor& b) const { return ops::add(a, b); }

Tensor AverageLayer::finish(const Tensor& merged, std::size_t inputs) const {
  return ops::divide(merged, Tensor::scalar(static_cast<double>(inputs), merged.dtype()));
}

Tensor ExtremeLayer::merge_masked(const Tensors& inputs, const Tensors& masks) const {
  Tensor merged = inputs.at(0);
  Tensor merged_mask = masks.at(0);
  for (std::size_t i = 1; i < inputs.size(); ++i) {
    Tensor input = inputs[i];
    if (masks[i].defined()) input = ops::select(masks[i], input, merged);
    if (merged_mask.defined()) merged = ops::select(merged_mask, merged, input);
    const bool both = masks[i].defined() && merged_mask.defined();
    merged_mask = both ? ops::logical_or(merged_mask, masks[i]) : Tensor();
    merged = merge(merged, input);
  }
  return merged;
}

Tensor MaximumLayer::merge(const Tensor& a, const Tensor& b) const { return ops::maximum(a, b); }

Tensor MinimumLayer::merge(const Tensor& a, const Tensor& b) const { return ops::minimum(a, b); }

}  // namespace sepal
