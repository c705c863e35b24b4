// The built-in rows of the registry.
#pragma once

#include <map>
#include <string>

#include "sepal/layers/registry.h"

namespace sepal {

/// One row for each layer class of Sepal. Explicit, because a static library drops objects that only register
/// themselves.
std::map<std::string, LayerFactory> builtin_layers();

}  // namespace sepal
