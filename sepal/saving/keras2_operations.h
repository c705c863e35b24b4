// Operations of Keras 3 as tf.keras 2 writes them: functions of TensorFlow in layers of class "TFOpLambda".
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sepal/base/config.h"
#include "sepal/base/dtype.h"

namespace sepal {

/// What the graph knows of a tensor that an operation is called on.
struct Operand {
  DType dtype = DType::float32;
  std::size_t rank = 0;
};

/// By the name of the layer: the operands of all its calls.
using Operands = std::map<std::string, std::vector<Operand>>;

/// Whether the class of a layer's envelope is an operation, not a layer.
bool is_keras3_operation(const Json& layer);

/// Puts functions of TensorFlow in the place of the layers "Activation" of a functional model whose function
/// tf.keras 2 lacks but TensorFlow can compute: "hard_sigmoid" of Keras 3, and "hard_silu". The last one has
/// the layer's name. Calls keep the form of Keras 3. A layer of several calls stays: a function has one call.
void expand_activations(Json& layers);

/// Rewrites an operation of a functional model, its calls still in the form of Keras 3: the first argument
/// stays in "args", all others are keyword arguments of TensorFlow's function. What TensorFlow has no
/// function for, or one that computes something else for these operands; `layer` is of no use then.
std::optional<std::string> to_tensorflow_function(Json& layer, const std::vector<Operand>& operands);

}  // namespace sepal
