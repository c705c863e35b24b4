// Configs in the words that Keras 3 and tf.keras 2.15 share: those of tf.keras 2, less what Keras 3 refuses.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/config.h"

namespace sepal {

/// What "hard_sigmoid" means to the reader: Keras 3 and tf.keras 2 have two functions of this name.
enum class HardSigmoid { neither, keras2 };

/// Rewrites the envelope of a model, as it describes itself, in place. What the dialect cannot express, in
/// words such as "layer 'd': field 'activation' is \"celu\""; `envelope` is of no use then.
std::optional<std::string> to_common_dialect(Json& envelope, HardSigmoid meaning);

/// Rewrites the "optimizer_config" of a legacy `.h5` file so that both read it, unless it says what the
/// optimizers of tf.keras before 2.11 cannot do; tf.keras takes one of these where a config does not name its
/// generation, and Keras 3 refuses configs that do.
void to_common_optimizer(Json& optimizer_config);

/// As tf.keras 2.11 to 2.15 writes it, for tf.keras alone.
void to_keras2_optimizer(Json& optimizer_config);

}  // namespace sepal
