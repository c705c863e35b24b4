// Configs in the words that Keras 3 and tf.keras 2.15 share: those of tf.keras 2, less what Keras 3 refuses.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/config.h"
#include "sepal/saving/keras2_operations.h"

namespace sepal {

/// Rewrites the envelope of a model, as it describes itself, in place. What the dialect cannot express, in
/// words such as "layer 'd': field 'activation' is \"celu\""; `envelope` is of no use then.
///
/// With `operands` it is for tf.keras 2 alone: operations become functions of TensorFlow, "hard_sigmoid" (of
/// which the two have different functions) is that of tf.keras, and classes of its applications are named.
std::optional<std::string> to_common_dialect(Json& envelope, const Operands* operands = nullptr);

/// Rewrites the "optimizer_config" of a legacy `.h5` file so that both read it, unless it says what the
/// optimizers of tf.keras before 2.11 cannot do; tf.keras takes one of these where a config does not name its
/// generation, and Keras 3 refuses configs that do.
void to_common_optimizer(Json& optimizer_config);

/// As tf.keras 2.11 to 2.15 writes it, for tf.keras alone.
void to_keras2_optimizer(Json& optimizer_config);

}  // namespace sepal
