// Calls of two layers that are one pass over the data. Not a public header.
#pragma once

#include <optional>

#include "sepal/layers/layer.h"

namespace sepal {

/// Whether a call of `layer` and one of `next` on its result may be one, if the call allows it.
bool may_join(const Layer& layer, const Layer& next);

/// The result of `next` behind `layer` for a pair that `may_join`; nothing if this call needs the two one by
/// one.
std::optional<Tensor> joined_call(Layer& layer, Layer& next, const Tensor& input, const CallContext& context);

}  // namespace sepal
