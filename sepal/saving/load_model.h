// Reads models from files (keras.saving.load_model).
#pragma once

#include <string>
#include <vector>

#include "sepal/models/model.h"

namespace sepal {

struct LoadOptions {
  /// Compile the model as it was, and restore the optimizer's state.
  bool compile = true;
  /// Gets a line for each thing that was left out, such as an optimizer's state that does not fit; nullptr:
  /// they go to standard error.
  std::vector<std::string>* notes = nullptr;
};

/// The model of a ".keras" file, told by its content, not by its name. Nothing in a file is executed; its
/// sizes are checked before memory is taken.
/// @throws OSError if the file cannot be read; ValueError, TypeError or UnimplementedError naming the file
/// and what in it is wrong.
Model load_model(const std::string& path, LoadOptions options = {});

/// Gives the model the weights of a Keras 3 ".weights.h5" file or of the weights in a ".keras" file and, if
/// it is compiled, the optimizer's state. If anything does not fit, nothing has changed.
/// @throws as load_model.
void load_weights(ModelBase& model, const std::string& path, std::vector<std::string>* notes = nullptr);

}  // namespace sepal
