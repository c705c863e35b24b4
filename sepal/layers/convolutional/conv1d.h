// Conv1D (keras.layers.Conv1D).
#pragma once

#include "sepal/layers/convolutional/base_conv.h"

namespace sepal {

using Conv1DOptions = ConvOptions;

/// (batch, steps, channels) -> (batch, new_steps, filters), or with the channels on axis 1 both times.
class Conv1DLayer : public BaseConvLayer {
 public:
  explicit Conv1DLayer(Options options) : BaseConvLayer("Conv1D", 1, std::move(options)) {}
};

namespace layers {
using Conv1D = Ref<Conv1DLayer>;
using Convolution1D = Conv1D;
}  // namespace layers

}  // namespace sepal
