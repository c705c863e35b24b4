// Operations of TensorFlow's graph in a config: what tf.keras before TensorFlow 2.4 wrote for functions
// on symbolic tensors.
#pragma once

#include "sepal/base/config.h"

namespace sepal {

/// Rewrites a layer of class "TensorFlowOpLayer" whose calls have the form of Keras 3 into the function call
/// ("TFOpLambda") that tf.keras wrote from TensorFlow 2.4 on. An operation that is not known stays as it is.
void modernize_tensorflow_op(Json& layer);

}  // namespace sepal
