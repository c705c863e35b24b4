#include "sepal/models/joined_calls.h"

#include "sepal/models/clamped_normalization.h"
#include "sepal/models/framed_convolution.h"

namespace sepal {

bool may_join(const Layer& layer, const Layer& next) {
  return may_clamp(layer, next) || may_frame(layer, next);
}

std::optional<Tensor> joined_call(Layer& layer, Layer& next, const Tensor& input,
                                  const CallContext& context) {
  return may_frame(layer, next) ? framed_and_convolved(layer, next, input)
                                : normalized_and_clamped(layer, next, input, context);
}

}  // namespace sepal
