// Batch normalization and the ReLU behind it as one pass of a training step. Not a public header.
#pragma once

#include <optional>

#include "sepal/layers/layer.h"

namespace sepal {

/// Whether `layer` is a BatchNormalization and `next` an activation that clamps, so that the two may be one
/// if the call allows it.
bool may_clamp(const Layer& layer, const Layer& next);

/// The result of `next` behind `layer` for a pair that `may_clamp`; nothing if this call needs the two one by
/// one: it is not a training step, there is a mask or a loss of the activity, the layer is frozen or not
/// built, or computes in another dtype.
std::optional<Tensor> normalized_and_clamped(Layer& layer, const Layer& next, const Tensor& input,
                                             const CallContext& context);

}  // namespace sepal
