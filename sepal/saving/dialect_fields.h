// The arguments of layers, initializers, regularizers and constraints under the names of Keras 3.
#pragma once

#include <string>

#include "sepal/base/config.h"
#include "sepal/saving/dialect.h"

namespace sepal {

/// The class's name in Keras 3.
std::string modern_class_name(const std::string& class_name);

/// Renames the arguments in a config of the Keras 3 class `class_name` that an older Keras wrote, and drops
/// those that say nothing.
void modernize_fields(const std::string& class_name, Json& config, Dialect dialect);

}  // namespace sepal
