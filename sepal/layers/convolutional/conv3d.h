// Conv3D (keras.layers.Conv3D).
#pragma once

#include "sepal/layers/convolutional/base_conv.h"

namespace sepal {

using Conv3DOptions = ConvOptions;

/// (batch, d, h, w, channels) -> (batch, od, oh, ow, filters), or with the channels on axis 1 both times.
class Conv3DLayer : public BaseConvLayer {
 public:
  explicit Conv3DLayer(Options options) : BaseConvLayer("Conv3D", 3, std::move(options)) {}
};

namespace layers {
using Conv3D = Ref<Conv3DLayer>;
using Convolution3D = Conv3D;
}  // namespace layers

}  // namespace sepal
