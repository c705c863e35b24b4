#include "sepal/layers/reshaping/repeat_vector.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal {

RepeatVectorLayer::RepeatVectorLayer(Options options) : MovingLayer("RepeatVector", std::move(options)) {
  if (options_.n <= 0) {
    throw ValueError(fmt::format("Argument `n` should be a positive integer. Received: n={}", options_.n));
  }
  set_input_spec({.ndim = 2});
}

Tensor RepeatVectorLayer::call(const Tensor& input, const CallContext&) {
  const Tensor rows = ops::reshape(input, {input.shape()[0], 1, input.shape()[1]});
  return ops::broadcast_to(rows, compute_output_shape(input.shape()));
}

Shape RepeatVectorLayer::compute_output_shape(const Shape& input_shape) {
  return {input_shape[0], options_.n, input_shape[1]};
}

}  // namespace sepal
