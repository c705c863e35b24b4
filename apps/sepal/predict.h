// sepal predict: runs a model on arrays or pictures.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "apps/sepal/image_input.h"
#include "apps/sepal/output.h"

namespace sepal::program {

struct PredictArguments {
  std::string model;
  std::vector<std::string> inputs;
  /// Empty: no files are written.
  std::string prefix;
  std::int64_t batch_size = 32;
  /// "none", "0-1", or a mode of preprocess_input.
  std::string preprocess = "none";
  ImageArguments images;
  /// The likeliest classes of each row; 0: not told.
  std::int64_t top = 0;
  /// Their names; empty: numbers.
  std::string class_file;
};

/// Writes PREFIX_0.npy, PREFIX_1.npy and so on, in the order of the model's outputs.
int predict(const PredictArguments& arguments, const GlobalArguments& global);

}  // namespace sepal::program
