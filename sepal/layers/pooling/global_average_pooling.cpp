#include "sepal/layers/pooling/global_average_pooling.h"

#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/logical.h"
#include "sepal/ops/reduce.h"

namespace sepal {

Tensor GlobalAveragePoolingLayer::call(const Tensor& input, const CallContext&) {
  return ops::mean(input, spatial_axes(), options_.keepdims);
}

Tensor GlobalAveragePooling1DLayer::call(const Tensor& input, const CallContext& context) {
  const Tensor mask = context.mask();
  if (!mask.defined()) return GlobalAveragePoolingLayer::call(input, context);
  const Shape& s = mask.shape();
  const Tensor kept =
      (mask.dtype() == DType::boolean ? mask : ops::not_equal(mask, 0.0))
          .reshaped(options_.data_format == "channels_first" ? Shape{s[0], 1, s[1]} : Shape{s[0], s[1], 1});
  const Tensor zeros = Tensor::zeros(input.shape(), input.dtype());
  const Tensor values = ops::where(ops::broadcast_to(kept, input.shape()), input, zeros);
  return ops::divide(ops::sum(values, spatial_axes(), options_.keepdims),
                     ops::sum(kept.astype(input.dtype()), spatial_axes(), options_.keepdims));
}

}  // namespace sepal
