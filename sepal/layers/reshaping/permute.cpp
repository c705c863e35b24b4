#include "sepal/layers/reshaping/permute.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {

PermuteLayer::PermuteLayer(Options options) : MovingLayer("Permute", std::move(options)) {
  options_.dims = IntTuple(options_.dims.values());
  std::vector<std::int64_t> sorted = options_.dims.values();
  std::sort(sorted.begin(), sorted.end());
  bool valid = sorted.size() < static_cast<std::size_t>(kMaxRank);
  for (std::size_t i = 0; valid && i < sorted.size(); ++i)
    valid = sorted[i] == static_cast<std::int64_t>(i) + 1;
  if (!valid) {
    throw ValueError(fmt::format(
        "Invalid permutation argument `dims` for Permute Layer. The set of indices in `dims` must be "
        "consecutive and start from 1. Received dims={}",
        options_.dims.str()));
  }
  set_input_spec({.ndim = static_cast<int>(sorted.size()) + 1});
}

Tensor PermuteLayer::call(const Tensor& input, const CallContext&) {
  std::vector<int> axes{0};
  for (const std::int64_t dim : options_.dims.values()) axes.push_back(static_cast<int>(dim));
  return ops::transpose(input, axes);
}

Shape PermuteLayer::compute_output_shape(const Shape& input_shape) {
  Shape result{input_shape[0]};
  for (const std::int64_t dim : options_.dims.values()) result.push_back(input_shape[static_cast<int>(dim)]);
  return result;
}

}  // namespace sepal
