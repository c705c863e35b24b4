#include "sepal/layers/pooling/global_max_pooling.h"

#include "sepal/ops/reduce.h"

namespace sepal {

Tensor GlobalMaxPoolingLayer::call(const Tensor& input, const CallContext&) {
  return ops::max(input, spatial_axes(), options_.keepdims);
}

}  // namespace sepal
