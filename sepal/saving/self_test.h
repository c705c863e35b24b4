// The proof that a model computes here what it computed where it was made.
#pragma once

#include <optional>
#include <string>

#include "sepal/models/model.h"
#include "sepal/saving/compare_models.h"

namespace sepal {

/// A recording (saving/recording.h) that scripts/store_self_test.py wrote with the user's own Keras.
struct SelfTest {
  /// Empty: `self_test_path` of the model.
  std::string path = {};
  /// As in CompareOptions.
  std::optional<double> tolerance = {};
};

/// "model.keras" -> "model.keras.selftest.npz"
std::string self_test_path(const std::string& model_path);

/// Runs the model on the recorded inputs.
/// @throws OSError if there is no such file; ValueError naming it if it is damaged or does not fit the model.
Comparison run_self_test(const Model& model, const std::string& model_path, const SelfTest& test);

/// The same, for those who cannot go on with a model that fails.
/// @throws ValueError naming the first layer that differs and by how much.
void expect_self_test_passes(const Model& model, const std::string& model_path, const SelfTest& test);

}  // namespace sepal
