// DepthwiseConv2D (keras.layers.DepthwiseConv2D).
#pragma once

#include "sepal/layers/convolutional/base_depthwise_conv.h"
#include "sepal/ops/conv.h"

namespace sepal {

using DepthwiseConv2DOptions = DepthwiseConvOptions;

/// (batch, h, w, channels) -> (batch, oh, ow, channels * depth_multiplier), or with the channels on axis 1
/// both times.
class DepthwiseConv2DLayer : public BaseDepthwiseConvLayer {
 public:
  explicit DepthwiseConv2DLayer(Options options)
      : BaseDepthwiseConvLayer("DepthwiseConv2D", 2, std::move(options)) {}

  /// For models: the call of a layer that is built, on images as if they had `frame` around them.
  Tensor call_framed(const Tensor& input, const ops::ZeroFrame& frame);
};

namespace layers {
using DepthwiseConv2D = Ref<DepthwiseConv2DLayer>;
}

}  // namespace sepal
