// DepthwiseConv1D (keras.layers.DepthwiseConv1D).
#pragma once

#include "sepal/layers/convolutional/base_depthwise_conv.h"

namespace sepal {

using DepthwiseConv1DOptions = DepthwiseConvOptions;

/// (batch, steps, channels) -> (batch, new_steps, channels * depth_multiplier), or with the channels on axis
/// 1 both times.
class DepthwiseConv1DLayer : public BaseDepthwiseConvLayer {
 public:
  explicit DepthwiseConv1DLayer(Options options)
      : BaseDepthwiseConvLayer("DepthwiseConv1D", 1, std::move(options)) {}
};

namespace layers {
using DepthwiseConv1D = Ref<DepthwiseConv1DLayer>;
}

}  // namespace sepal
