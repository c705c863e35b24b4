// sepal inspect: what is in a file, told without making a model of it.
#pragma once

#include <string>

#include "apps/sepal/output.h"

namespace sepal::program {

struct InspectArguments {
  std::string file;
  /// Whether weights that are NaN or infinite are a problem.
  bool check_finite = false;
};

/// Lists members, the writer's version, layers and weights. A damaged part is reported and the rest is still
/// told; then the exit status is kBadInput.
int inspect(const InspectArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
