// sepal resave: a model or its weights in a file of another kind.
#pragma once

#include <string>

#include "apps/sepal/output.h"

namespace sepal::program {

struct ResaveArguments {
  std::string in;
  std::string out;
  std::string reader = "both";  // of a legacy file: or "keras2"
};

/// Chooses what to write by the name: `.keras`, `.h5` or `.hdf5` (whole models), `.weights.h5` (weights
/// alone), `.json` (architecture alone). An existing file is replaced whole or not at all.
int resave(const ResaveArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
