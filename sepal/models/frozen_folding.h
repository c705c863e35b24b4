// What goes into the weights of a convolution. Not a public header.
#pragma once

#include "sepal/models/frozen_graph.h"

namespace sepal::frozen {

/// kernel *= scale and bias = (bias - mean) scale + shift for each output channel, each rounded once.
void fold(const Statistics& statistics, Tensor& kernel, Tensor& bias);

/// A Conv2D of one group whose kernel has one cell, before its weights are prepared.
bool is_one_by_one(const Convolution& convolution);

/// Whether the zeros that `frame` puts around an image may become those of the convolution: it has none of
/// its own.
bool takes_zeros(const Convolution& convolution, const Frame& frame);

}  // namespace sepal::frozen
