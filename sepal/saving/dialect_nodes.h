// The calls between layers in a config: from lists (Keras 1 and 2) to objects (Keras 3).
#pragma once

#include "sepal/base/config.h"

namespace sepal {

/// Rewrites "inbound_nodes", "input_layers" and "output_layers" of a functional model's config, and the names
/// of layers in them.
///
/// Older writers count the calls of a model inside of a model from 1 everywhere, because it has a node 0 of
/// its own; Keras 3 does so for functional models and only in "input_layers" and "output_layers".
void modernize_nodes(Json& functional_config);

}  // namespace sepal
