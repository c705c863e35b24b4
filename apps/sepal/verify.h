// sepal verify: whether a model gives the outputs that are expected.
#pragma once

#include <string>
#include <vector>

#include "apps/sepal/compare.h"
#include "apps/sepal/output.h"

namespace sepal::program {

struct VerifyArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::vector<std::string> expected;
  Tolerance tolerance;
};

/// kDifferent if an output has another shape or is beyond the tolerance.
int verify(const VerifyArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
