// Conv1DTranspose (keras.layers.Conv1DTranspose).
#pragma once

#include "sepal/layers/convolutional/base_conv_transpose.h"

namespace sepal {

using Conv1DTransposeOptions = ConvTransposeOptions;

/// (batch, steps, channels) -> (batch, new_steps, filters), or with the channels on axis 1 both times.
class Conv1DTransposeLayer : public BaseConvTransposeLayer {
 public:
  explicit Conv1DTransposeLayer(Options options)
      : BaseConvTransposeLayer("Conv1DTranspose", 1, std::move(options)) {}
};

namespace layers {
using Conv1DTranspose = Ref<Conv1DTransposeLayer>;
using Convolution1DTranspose = Conv1DTranspose;
}  // namespace layers

}  // namespace sepal
