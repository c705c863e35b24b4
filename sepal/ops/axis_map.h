// A linear map along one axis of a tensor, given by its few entries (resizing an image). Not a public header.
#pragma once

#include <memory>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// Element i of the result is the sum of weights[k] * x[indices[k]] for k in [starts[i], starts[i + 1]).
struct AxisMap {
  std::int64_t in_length = 0;
  std::vector<std::size_t> starts = {0};
  std::vector<std::int64_t> indices;
  std::vector<double> weights;

  std::int64_t out_length() const { return static_cast<std::int64_t>(starts.size()) - 1; }
  void add(std::int64_t index, double weight) {
    indices.push_back(index);
    weights.push_back(weight);
  }
  void finish_element() { starts.push_back(indices.size()); }
  AxisMap transposed() const;
};

/// x, whose `axis` has map.in_length elements, with that axis mapped. Its gradient is the transposed map, so
/// derivatives of any order exist. Float32 and float64.
Tensor map_axis(const char* op, const Tensor& x, int axis, std::shared_ptr<const AxisMap> map);

}  // namespace sepal::ops
