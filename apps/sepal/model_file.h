// Models and arrays that the command line names.
#pragma once

#include <string>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/models/model.h"

namespace sepal::program {

enum class Compile { no, as_saved };

/// The model of a `.keras`, `.h5` or `.json` file, told by its content. A model of JSON has new weights.
/// @throws OSError if the file cannot be read; another Error naming the file and what in it is wrong.
Model read_model(const std::string& path, Compile compile = Compile::no);

/// One array of each `.npy` file.
Tensors read_arrays(const std::vector<std::string>& paths);

/// @throws ValueError naming the model's inputs if it takes another number; never if it tells none.
void expect_inputs(const Model& model, std::size_t count);

/// The model's outputs for arrays in the order of its inputs (of a dictionary: its keys, sorted).
/// @throws as expect_inputs.
Tensors run_model(const Model& model, const Tensors& inputs, PredictOptions options = {});

}  // namespace sepal::program
