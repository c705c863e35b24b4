// sepal predict: runs a model on arrays.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/sepal/output.h"

namespace sepal::program {

struct PredictArguments {
  std::string model;
  std::vector<std::string> inputs;
  std::string prefix;
  std::int64_t batch_size = 32;
};

/// Writes PREFIX_0.npy, PREFIX_1.npy and so on, in the order of the model's outputs.
int predict(const PredictArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
