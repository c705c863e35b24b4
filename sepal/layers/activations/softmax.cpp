#include "sepal/layers/activations/softmax.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/logical.h"

namespace sepal {
namespace {

// The mask as truth values of the input's shape.
Tensor widened(const Tensor& mask, const Shape& shape) {
  bool fits = mask.rank() <= shape.rank();
  for (int i = 1; fits && i <= mask.rank(); ++i)
    fits = mask.shape()[-i] == 1 || mask.shape()[-i] == shape[-i];
  if (!fits) {
    throw ValueError(fmt::format(
        "The `mask` must be broadcastable to `inputs`: each of its axes must have length 1 or that of "
        "the input. Received: inputs.shape={}, mask.shape={}",
        shape.str(), mask.shape().str()));
  }
  return ops::broadcast_to(mask.dtype() == DType::boolean ? mask : ops::greater(mask, 0.5), shape);
}

}  // namespace

Tensor SoftmaxLayer::call(const Tensor& input, const CallContext& context) {
  const IntTuple& axis = options_.axis;
  const auto softmax = [&](const Tensor& x) {
    return axis.size() == 1 ? ops::softmax(x, axis[0]) : ops::softmax(x, axis.values());
  };
  const Tensor mask = context.mask();
  if (!mask.defined()) return softmax(input);
  // So low that its exponential is 0; Keras's numbers.
  const double masked = input.dtype() == DType::float16 ? -3e4 : -1e9;
  const Tensor kept = widened(mask, input.shape());
  const Tensor result = softmax(ops::where(kept, input, Tensor::full(input.shape(), masked, input.dtype())));
  return ops::where(kept, result, Tensor::zeros(result.shape(), result.dtype()));
}

}  // namespace sepal
