// Convolutions of a frozen graph bound to shapes. Not a public header.
#pragma once

#include "sepal/kernels/conv2d_direct.h"
#include "sepal/kernels/depthwise_conv2d.h"
#include "sepal/kernels/separable_conv2d.h"
#include "sepal/models/frozen_steps.h"

namespace sepal::frozen {

/// Which of the views is set follows from the kind of convolution.
struct PackedWeights {
  Tensor memory;
  kernels::PackedSeparable separable = {};
  kernels::PackedDepthwise depthwise = {};
  kernels::PackedConv2D conv = {};
};

/// Folds what is to be folded and packs what is to be packed.
void prepare_weights(Convolution& work);

/// After prepare_weights.
Step convolution_step(const Convolution& work, const Shape& input, const Shape& output);

}  // namespace sepal::frozen
