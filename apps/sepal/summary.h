// sepal summary: the table that Keras prints.
#pragma once

#include <string>

#include "apps/sepal/output.h"
#include "sepal/models/model.h"

namespace sepal::program {

struct SummaryArguments {
  std::string model;
  SummaryOptions options;
};

/// Returns the exit status, as every command does.
int summary(const SummaryArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
