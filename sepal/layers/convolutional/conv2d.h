// Conv2D (keras.layers.Conv2D).
#pragma once

#include "sepal/layers/convolutional/base_conv.h"

namespace sepal {

using Conv2DOptions = ConvOptions;

/// (batch, h, w, channels) -> (batch, oh, ow, filters), or with the channels on axis 1 both times.
class Conv2DLayer : public BaseConvLayer {
 public:
  explicit Conv2DLayer(Options options) : BaseConvLayer("Conv2D", 2, std::move(options)) {}
};

namespace layers {
using Conv2D = Ref<Conv2DLayer>;
using Convolution2D = Conv2D;
}  // namespace layers

}  // namespace sepal
