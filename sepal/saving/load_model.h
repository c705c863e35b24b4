// Reads models from files (keras.saving.load_model).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sepal/models/model.h"
#include "sepal/saving/self_test.h"

namespace sepal {

struct LoadOptions {
  /// Compile the model as it was, and restore the optimizer's state. If a loss, a metric or an optimizer is
  /// not known, the model is not compiled, and a note says why.
  bool compile = true;
  /// Gets a line for each thing that was left out, such as an optimizer's state that does not fit; nullptr:
  /// they go to standard error.
  std::vector<std::string>* notes = nullptr;
  /// Run the model on recorded inputs before handing it out: `{.self_test = SelfTest{}}` for the self-test
  /// that lies beside the file (saving/self_test.h).
  std::optional<SelfTest> self_test = {};
};

/// The model of a ".keras" file or of a legacy ".h5" file, of any Keras since 1, told by its content, not by
/// its name. Nothing in a file is executed; its sizes are checked before memory is taken.
/// @throws OSError if the file cannot be read; ValueError, TypeError or UnimplementedError naming the file
/// and what in it is wrong, or the first layer that fails the self-test.
Model load_model(const std::string& path, LoadOptions options = {});

/// Gives the model the weights of a Keras 3 ".weights.h5" file, of a legacy ".h5" file (weights alone or a
/// whole model), or of the weights in a ".keras" file and, if it is compiled, the optimizer's state. If
/// anything does not fit, nothing has changed.
/// @throws as load_model.
void load_weights(ModelBase& model, const std::string& path, LoadWeightsOptions options = {});

/// The model that a `to_json` of any Keras describes, with new weights, and compiled if the text says how.
/// @throws ValueError, TypeError or UnimplementedError saying what is wrong.
Model model_from_json(std::string_view text);

}  // namespace sepal
