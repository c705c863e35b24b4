// Writes models to files (keras.saving.save_model).
#pragma once

#include <string>

#include "sepal/models/model.h"

namespace sepal {

/// A Keras 3 archive ".keras": architecture, weights and, if the model is compiled, what `compile` was given
/// and the optimizer's state. The same model gives the same bytes. An existing file is replaced whole or not
/// at all. A name that ends in ".h5" or ".hdf5" gives a legacy file with the same contents, for programs that
/// know no archives.
/// @throws ValueError if the name has another end, the model is not built or cannot be described in JSON;
/// OSError if the file cannot be written.
void save_model(const ModelBase& model, const std::string& path);

/// A Keras 3 file of weights ".weights.h5", or a legacy one under any other name in ".h5" or ".hdf5".
/// @throws ValueError if the name has another end or the model is not built; OSError if it cannot be written.
void save_weights(const ModelBase& model, const std::string& path);

}  // namespace sepal
