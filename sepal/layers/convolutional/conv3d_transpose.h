// Conv3DTranspose (keras.layers.Conv3DTranspose).
#pragma once

#include "sepal/layers/convolutional/base_conv_transpose.h"

namespace sepal {

using Conv3DTransposeOptions = ConvTransposeOptions;

/// (batch, d, h, w, channels) -> (batch, od, oh, ow, filters), or with the channels on axis 1 both times.
class Conv3DTransposeLayer : public BaseConvTransposeLayer {
 public:
  explicit Conv3DTransposeLayer(Options options)
      : BaseConvTransposeLayer("Conv3DTranspose", 3, std::move(options)) {}
};

namespace layers {
using Conv3DTranspose = Ref<Conv3DTransposeLayer>;
using Convolution3DTranspose = Conv3DTranspose;
}  // namespace layers

}  // namespace sepal
