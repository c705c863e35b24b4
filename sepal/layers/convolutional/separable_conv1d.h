// SeparableConv1D: a depthwise convolution, then a convolution that mixes channels
// (keras.layers.SeparableConv1D).
#pragma once

#include "sepal/layers/convolutional/base_separable_conv.h"

namespace sepal {

using SeparableConv1DOptions = SeparableConvOptions;

/// (batch, steps, channels) -> (batch, new_steps, filters), or with the channels on axis 1 both times.
/// Weights: depthwise_kernel (k, channels, depth_multiplier), pointwise_kernel (1, channels *
/// depth_multiplier, filters), bias (filters,).
class SeparableConv1DLayer : public BaseSeparableConvLayer {
 public:
  explicit SeparableConv1DLayer(Options options)
      : BaseSeparableConvLayer("SeparableConv1D", 1, std::move(options)) {}
};

namespace layers {
using SeparableConv1D = Ref<SeparableConv1DLayer>;
using SeparableConvolution1D = SeparableConv1D;
}  // namespace layers

}  // namespace sepal
