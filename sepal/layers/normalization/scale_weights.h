// gamma and beta of the normalization layers, from the fields of their Options. Not a public header.
#pragma once

#include "sepal/layers/layer.h"

namespace sepal {

template <class Options>
WeightOptions gamma_weight(const Options& options, const Shape& shape) {
  return {.shape = shape,
          .initializer = options.gamma_initializer,
          .name = "gamma",
          .regularizer = options.gamma_regularizer,
          .constraint = options.gamma_constraint};
}

template <class Options>
WeightOptions beta_weight(const Options& options, const Shape& shape) {
  return {.shape = shape,
          .initializer = options.beta_initializer,
          .name = "beta",
          .regularizer = options.beta_regularizer,
          .constraint = options.beta_constraint};
}

}  // namespace sepal
