// The weights that several convolution layers have, from the fields of their Options. Not a public header.
#pragma once

#include <utility>

#include "sepal/layers/layer.h"

namespace sepal {

template <class Options>
WeightOptions kernel_weight(const Options& options, Shape shape) {
  return {.shape = std::move(shape),
          .initializer = options.kernel_initializer,
          .name = "kernel",
          .regularizer = options.kernel_regularizer,
          .constraint = options.kernel_constraint};
}

template <class Options>
WeightOptions bias_weight(const Options& options, std::int64_t channels) {
  return {.shape = {channels},
          .initializer = options.bias_initializer,
          .name = "bias",
          .regularizer = options.bias_regularizer,
          .constraint = options.bias_constraint};
}

}  // namespace sepal
