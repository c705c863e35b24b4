// Functions on symbolic tensors in a config: operations of Keras 3.
#pragma once

#include "sepal/base/config.h"

namespace sepal {

/// Rewrites a layer of a functional model whose calls have the form of Keras 3 if it is a function of
/// TensorFlow ("TFOpLambda") that Keras 3 has as an operation.
void modernize_operation(Json& layer);

/// Gives an operation that Keras 3 wrote into a legacy `.h5` file its module: there nothing but its bare
/// config tells the operation Add from the layer Add.
void restore_operation_module(Json& layer);

}  // namespace sepal
