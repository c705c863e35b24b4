// Configs of every Keras in the words of Keras 3, the one dialect that layers and models read.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/config.h"

namespace sepal {

/// Which Keras wrote a config, as far as the meaning of its words depends on it.
enum class Dialect {
  keras1,
  keras2,  // also tf.keras of TensorFlow 1.4 to 2.15
  keras3,
};

/// By the version that the file names ("2.2.4-tf", "3.15.1"), else by the config's own words.
Dialect dialect_of(const std::optional<std::string>& keras_version, const Json& envelope);

/// Rewrites the envelope of a model, or of a layer, in place. What is not understood stays as it is: the
/// layer that reads it says what is wrong.
void modernize(Json& envelope, Dialect dialect);

/// The "compile_config" of Keras 3 for the `training_config` of a legacy `.h5` file.
Json modern_compile_config(const Json& training_config);

/// A layer's name as a layer may have it: Keras 3 forbids the '/' that older names contain.
std::string modern_layer_name(std::string name);

}  // namespace sepal
