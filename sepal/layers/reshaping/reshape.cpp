#include "sepal/layers/reshaping/reshape.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {

ReshapeLayer::ReshapeLayer(Options options) : MovingLayer("Reshape", std::move(options)) {
  const std::vector<std::int64_t> target = options_.target_shape.values();
  const std::string received = IntTuple(target).str();
  if (std::any_of(target.begin(), target.end(), [](std::int64_t dim) { return dim < -1; })) {
    throw ValueError(
        fmt::format("Each dimension in `target_shape` must be a non-negative integer, or `-1` for a single "
                    "unknown dimension. Received: target_shape={}.",
                    received));
  }
  if (std::count(target.begin(), target.end(), -1) > 1) {
    throw ValueError(fmt::format(
        "There must be at most one unknown dimension (-1) in `target_shape`. Received: target_shape={}.",
        received));
  }
  if (target.size() >= static_cast<std::size_t>(kMaxRank)) {
    throw ValueError(fmt::format("`target_shape` must have at most {} lengths. Received: {}", kMaxRank - 1,
                                 target.size()));
  }
  options_.target_shape = IntTuple(target);
}

Tensor ReshapeLayer::call(const Tensor& input, const CallContext&) {
  return ops::reshape(input, compute_output_shape(input.shape()));
}

Shape ReshapeLayer::compute_output_shape(const Shape& input_shape) {
  // -1 is kNone.
  Shape target(options_.target_shape.values());
  const Shape rest = input_shape.slice(1);
  if (!rest.is_fully_defined()) return target.with_front(input_shape[0]);
  const std::int64_t size = rest.num_elements();
  std::int64_t known = 1;
  int unknown = -1;
  for (int i = 0; i < target.rank(); ++i) {
    if (target[i] == kNone) {
      unknown = i;
    } else {
      known = checked_multiply(known, target[i]);
    }
  }
  const bool fits = unknown < 0 ? known == size : known > 0 && size % known == 0;
  if (!fits) {
    throw ValueError(fmt::format(
        "The total size of the tensor must be unchanged. Received: input_shape={}, target_shape={}",
        rest.str(), options_.target_shape.str()));
  }
  if (unknown >= 0) target[unknown] = size / known;
  return target.with_front(input_shape[0]);
}

}  // namespace sepal
