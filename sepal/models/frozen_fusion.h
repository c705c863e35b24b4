// Makes a frozen graph smaller. Not a public header.
#pragma once

#include "sepal/models/frozen_graph.h"

namespace sepal::frozen {

/// Calls that compute the same become one; zeros around an image go into the convolution that reads it; a
/// normalization goes into the kernel and bias of the convolution before it; activations and sums with
/// another value of the same shape go into the node that makes their input; a depthwise and a 1x1 convolution
/// become a separable one.
/// At the end weights are as their kernels read them.
void fuse(Graph& graph);

}  // namespace sepal::frozen
