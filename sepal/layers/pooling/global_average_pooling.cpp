#include "sepal/layers/pooling/global_average_pooling.h"

#include "sepal/ops/reduce.h"

namespace sepal {

Tensor GlobalAveragePoolingLayer::call(const Tensor& input, const CallContext&) {
  return ops::mean(input, spatial_axes(), options_.keepdims);
}

}  // namespace sepal
