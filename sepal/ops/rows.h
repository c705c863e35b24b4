// Tensors as rows of their last axis.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/kernels/softmax.h"

namespace sepal::ops {

/// How many rows of how many elements `x` has, of rank 1 at least.
inline kernels::RowSizes rows_of(const Tensor& x) {
  return {x.shape().slice(0, x.rank() - 1).num_elements(), x.shape().back()};
}

}  // namespace sepal::ops
