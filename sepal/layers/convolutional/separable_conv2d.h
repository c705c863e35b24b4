// SeparableConv2D: a depthwise convolution, then a 1x1 convolution that mixes channels
// (keras.layers.SeparableConv2D).
#pragma once

#include "sepal/layers/convolutional/base_separable_conv.h"

namespace sepal {

using SeparableConv2DOptions = SeparableConvOptions;

/// (batch, h, w, channels) -> (batch, oh, ow, filters), or with the channels on axis 1 both times. Weights:
/// depthwise_kernel (kh, kw, channels, depth_multiplier), pointwise_kernel (1, 1, channels *
/// depth_multiplier, filters), bias (filters,).
class SeparableConv2DLayer : public BaseSeparableConvLayer {
 public:
  explicit SeparableConv2DLayer(Options options)
      : BaseSeparableConvLayer("SeparableConv2D", 2, std::move(options)) {}
};

namespace layers {
using SeparableConv2D = Ref<SeparableConv2DLayer>;
using SeparableConvolution2D = SeparableConv2D;
}  // namespace layers

}  // namespace sepal
