#include "sepal/weights/zero_weights.h"

#include <fmt/format.h>

#include <utility>

#include "sepal/base/error.h"

namespace sepal {
namespace {

constexpr std::int64_t kNoLimit = -1;

thread_local std::int64_t elements_left = kNoLimit;

// As long as the largest weight so far. All share its memory: most are never written to before their values
// come.
thread_local Tensor zeros;

Tensor shared_zeros(const Shape& shape, DType dtype) {
  const std::int64_t elements = shape.num_elements();
  const bool serves = zeros.defined() && zeros.dtype() == dtype && zeros.num_elements() >= elements;
  if (!serves) zeros = Tensor::zeros({elements}, dtype);
  return zeros.rows(0, elements).reshaped(shape);
}

}  // namespace

ZeroWeights::ZeroWeights(std::int64_t most_elements) : outer_(std::exchange(elements_left, most_elements)) {}

ZeroWeights::~ZeroWeights() {
  elements_left = outer_;
  if (outer_ == kNoLimit) zeros = Tensor();
}

Tensor initial_weight(const Initializer& initializer, const Shape& shape, DType dtype,
                      const std::string& path) {
  if (elements_left == kNoLimit) return initializer(shape, dtype);
  const std::int64_t elements = shape.num_elements();
  if (elements > elements_left) {
    throw ValueError(
        fmt::format("weight '{}' of shape {} is too large: expected at most {} elements, because the "
                    "file that fills it has no more",
                    path, shape.str(), elements_left));
  }
  elements_left -= elements;
  return shared_zeros(shape, dtype);
}

}  // namespace sepal
