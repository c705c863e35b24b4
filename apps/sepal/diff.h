// sepal diff: where two models, or a model and what Keras computed, begin to differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "apps/sepal/output.h"

namespace sepal::program {

struct DiffArguments {
  std::string model;
  /// A model, or a recording (sepal/saving/recording.h).
  std::string reference;
  /// Empty: those of the recording, or random ones.
  std::vector<std::string> inputs;
  std::optional<double> tolerance;
  /// Of random inputs.
  std::uint64_t seed = 0;
  std::int64_t batch = 2;
  std::int64_t size = 64;
};

/// kDifferent if a layer's weights or outputs differ, or it has no counterpart.
int diff(const DiffArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
