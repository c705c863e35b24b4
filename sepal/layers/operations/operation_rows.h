// The rows of the registry for operations. Their keys name the module, because layers and operations share
// names of classes: "keras.src.ops.numpy>Add".
#pragma once

#include <map>
#include <string>

#include "sepal/layers/registry.h"

namespace sepal {

void add_operation_rows(std::map<std::string, LayerFactory>& rows);

}  // namespace sepal
