// The sum over everything but one axis: the gradient of a bias. Not a public header.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/kernels/channel_blocks.h"

namespace sepal::ops {

/// The layout of a tensor whose channels lie on `axis`.
kernels::ChannelLayout channel_layout(const Shape& shape, int axis);

/// Shape (length of `axis`,). Differentiable, and differentiable again.
Tensor channel_sum(const Tensor& x, int axis);

}  // namespace sepal::ops
