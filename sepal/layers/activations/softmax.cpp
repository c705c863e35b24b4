#include "sepal/layers/activations/softmax.h"

#include "sepal/ops/activations.h"

namespace sepal {

Tensor SoftmaxLayer::call(const Tensor& input, const CallContext&) {
  const IntTuple& axis = options_.axis;
  return axis.size() == 1 ? ops::softmax(input, axis[0]) : ops::softmax(input, axis.values());
}

}  // namespace sepal
