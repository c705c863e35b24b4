// What goes into the weights of a convolution. Not a public header.
#pragma once

#include "sepal/models/frozen_graph.h"

namespace sepal::frozen {

/// kernel *= scale and bias = (bias - mean) scale + shift for each output channel, each rounded once.
void fold(const Statistics& statistics, Tensor& kernel, Tensor& bias);

/// Whether the zeros that `frame` puts around an image may become those of the convolution: it has none of
/// its own.
bool takes_zeros(const Convolution& convolution, const Frame& frame);

}  // namespace sepal::frozen
