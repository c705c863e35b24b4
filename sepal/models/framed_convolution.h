// ZeroPadding2D and the depthwise convolution behind it as one pass: no padded copy, and none of its
// gradient. Not a public header.
#pragma once

#include <optional>

#include "sepal/layers/layer.h"

namespace sepal {

/// Whether `layer` is a ZeroPadding2D and `next` a DepthwiseConv2D, so that the two may be one if the call
/// allows it.
bool may_frame(const Layer& layer, const Layer& next);

/// The result of `next` behind `layer` for a pair that `may_frame`; nothing if this call needs the two one by
/// one: there is a mask or a loss of the activity, a layer is not built, or one computes in another dtype.
std::optional<Tensor> framed_and_convolved(const Layer& layer, Layer& next, const Tensor& input);

}  // namespace sepal
