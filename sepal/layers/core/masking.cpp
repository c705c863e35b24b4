#include "sepal/layers/core/masking.h"

#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/logical.h"

namespace sepal {

Tensor MaskingLayer::call(const Tensor& input, const CallContext&) {
  const Tensor counts = ops::any_of_last_axis(ops::not_equal(input, options_.mask_value), true);
  return ops::where(ops::broadcast_to(counts, input.shape()), input,
                    Tensor::zeros(input.shape(), input.dtype()));
}

Tensors MaskingLayer::compute_masks(const Tensors& inputs, const Tensors&) {
  return {ops::any_of_last_axis(ops::not_equal(inputs.at(0), options_.mask_value))};
}

}  // namespace sepal
