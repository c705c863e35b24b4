// The calls between layers as lists, which tf.keras 2 writes and Keras 3 still reads.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/config.h"

namespace sepal {

/// Rewrites the nodes and outputs in the config of a functional model in place. Returns what lists cannot
/// say.
///
/// The versions count the calls of a nested model from 1 and from 0. So each of its calls is listed twice, at
/// 2j and 2j + 1, and meant by the number 2j + 1: that is either the first or the second of two equal calls.
/// Readers leave out the one that leads to no output.
std::optional<std::string> to_common_nodes(Json& functional_config);

}  // namespace sepal
