// Writes models to files (keras.saving.save_model).
#pragma once

#include <string>

#include "sepal/models/model.h"

namespace sepal {

/// A Keras 3 archive ".keras": architecture, weights and, if the model is compiled, what `compile` was given
/// and the optimizer's state. The same model gives the same bytes. An existing file is replaced whole or not
/// at all.
/// @throws ValueError if the name does not end in ".keras", the model is not built or cannot be described in
/// JSON; OSError if the file cannot be written.
void save_model(const ModelBase& model, const std::string& path);

/// A Keras 3 file of weights ".weights.h5".
/// @throws ValueError if the name does not end so or the model is not built; OSError if it cannot be written.
void save_weights(const ModelBase& model, const std::string& path);

}  // namespace sepal
