// gamma and beta of the normalization layers, from the fields of their Options. These layers compute in
// float32 or more and round at the end, so the weights are not cast to 16 bits. Not a public header.
#pragma once

#include "sepal/layers/layer.h"
#include "sepal/ops/elementwise.h"

namespace sepal {

template <class Options>
WeightOptions gamma_weight(const Options& options, const Shape& shape) {
  return {.shape = shape,
          .initializer = options.gamma_initializer,
          .name = "gamma",
          .regularizer = options.gamma_regularizer,
          .constraint = options.gamma_constraint,
          .autocast = false};
}

template <class Options>
WeightOptions beta_weight(const Options& options, const Shape& shape) {
  return {.shape = shape,
          .initializer = options.beta_initializer,
          .name = "beta",
          .regularizer = options.beta_regularizer,
          .constraint = options.beta_constraint,
          .autocast = false};
}

/// The value in the dtype of the computation; not defined if there is none.
inline Tensor value_as(const Variable& weight, DType dtype) {
  return weight ? ops::cast(weight.value(), dtype) : Tensor();
}

}  // namespace sepal
