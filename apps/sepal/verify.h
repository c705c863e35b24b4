// sepal verify: whether a model gives the outputs that are expected.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "apps/sepal/output.h"
#include "sepal/saving/compare.h"

namespace sepal::program {

struct VerifyArguments {
  std::string model;
  /// Both empty: the stored self-test.
  std::vector<std::string> inputs;
  std::vector<std::string> expected;
  sepal::Tolerance tolerance;
  /// Empty: the file beside the model.
  std::string self_test;
  std::optional<double> self_test_tolerance;
};

/// kDifferent if an output has another shape or is beyond the tolerance.
int verify(const VerifyArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
