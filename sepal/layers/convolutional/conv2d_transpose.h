// Conv2DTranspose (keras.layers.Conv2DTranspose).
#pragma once

#include "sepal/layers/convolutional/base_conv_transpose.h"

namespace sepal {

using Conv2DTransposeOptions = ConvTransposeOptions;

/// (batch, h, w, channels) -> (batch, oh, ow, filters), or with the channels on axis 1 both times.
class Conv2DTransposeLayer : public BaseConvTransposeLayer {
 public:
  explicit Conv2DTransposeLayer(Options options)
      : BaseConvTransposeLayer("Conv2DTranspose", 2, std::move(options)) {}
};

namespace layers {
using Conv2DTranspose = Ref<Conv2DTransposeLayer>;
using Convolution2DTranspose = Conv2DTranspose;
}  // namespace layers

}  // namespace sepal
