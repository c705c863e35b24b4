// Writes models to files (keras.saving.save_model).
#pragma once

#include <string>

#include "sepal/models/model.h"

namespace sepal {

/// Who is to read a legacy ".h5" file.
enum class LegacyReader {
  /// Keras 3 and tf.keras 2.15, as far as the model has nothing that tf.keras 2 lacks, else Keras 3 alone.
  /// Both train on with a new optimizer of the same settings: Keras 3 restores no optimizer from such a file,
  /// and cannot train a model whose file holds its state. Sepal goes on with the state.
  both,
  /// tf.keras 2.15, which goes on with the optimizer's state. Keras 3 reads such a file of a compiled model
  /// with `compile=False` alone.
  keras2,
};

struct SaveOptions {
  /// Of no meaning for other files.
  LegacyReader legacy_reader = LegacyReader::both;
};

/// A Keras 3 archive ".keras": architecture, weights and, if the model is compiled, what `compile` was given
/// and the optimizer's state. The same model gives the same bytes. An existing file is replaced whole or not
/// at all. A name that ends in ".h5" or ".hdf5" gives a legacy file with the same contents, for programs that
/// know no archives.
/// @throws ValueError if the name has another end, the model is not built, cannot be described in JSON or has
/// what the reader lacks; OSError if the file cannot be written.
void save_model(const ModelBase& model, const std::string& path, SaveOptions options = {});

/// A Keras 3 file of weights ".weights.h5", or a legacy one under any other name in ".h5" or ".hdf5".
/// @throws ValueError if the name has another end or the model is not built; OSError if it cannot be written.
void save_weights(const ModelBase& model, const std::string& path);

}  // namespace sepal
