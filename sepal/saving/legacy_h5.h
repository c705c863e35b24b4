// The `.h5` files that Keras wrote before `.keras`: whole models, and weights alone. Keras 3 still reads and
// writes them.
//
// Attributes of the root: model_config, training_config, keras_version, backend. The group "model_weights"
// (in a file of weights alone: the root) lists its layers in the attribute layer_names and holds a group for
// each, which lists its datasets in weight_names. "optimizer_weights" lists its own; where Keras 3 finds it,
// it builds the optimizer for no variables and cannot train, so Sepal's files say "sepal_optimizer_weights".
// A list too long for one attribute is cut into layer_names0, layer_names1 and so on.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "sepal/models/model.h"
#include "sepal/saving/h5_file.h"
#include "sepal/saving/weight_store.h"

namespace sepal {

/// Whether a file has this layout.
bool is_legacy_h5(const H5File& file);

/// The Keras that wrote the weights; empty if the file does not say.
std::optional<std::string> legacy_keras_version(const H5File& file);

struct LegacyMatch {
  /// Layers get the weights of the layer of their name, and others keep theirs. Otherwise the n-th layer that
  /// has weights gets the n-th entry.
  bool by_name = false;
  /// Leave out layers whose weights have another number or shape.
  bool skip_mismatch = false;
  /// The names are those of the model's own config, so they are right where the order differs.
  bool same_model = false;
};

/// What the file says of the model's weights. `notes` gets a line for each layer that is left out.
/// @throws ValueError naming the layer, the variable and both shapes if something does not fit.
LoadedWeights weights_from_legacy_h5(const ModelBase& model, const H5File& file, LegacyMatch match,
                                     std::vector<std::string>& notes);

/// As optimizer_from_h5, but another shape is no error.
std::string optimizer_from_legacy_h5(ModelBase& model, const H5File& file);

/// What a file of a whole model says besides the weights.
struct LegacyModel {
  std::string keras_version;
  std::string model_config;
  std::optional<std::string> training_config;
  /// Whether the optimizer's state is where tf.keras 2 looks for it, else where only Sepal does.
  bool optimizer_for_keras2 = false;
};

/// A whole model, and its weights alone.
/// @throws OSError if the HDF5 library fails.
std::vector<std::byte> model_to_legacy_h5(const ModelBase& model, const LegacyModel& legacy);
std::vector<std::byte> weights_to_legacy_h5(const ModelBase& model, const std::string& keras_version);

}  // namespace sepal
