// Arrays that another program computed with a model: inputs, outputs and what the layers in between made of
// them.
#pragma once

#include <map>
#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// By the names of `activations` (models/activations.h); a layer's second output is "layer#1", and so on.
struct Recording {
  std::string path;
  Tensors inputs;
  Tensors outputs;
  std::map<std::string, Tensor> layers;
};

/// A folder of `.npy` files or a `.npz` file (NumPy's `savez`). Both hold arrays "input_0", "input_1", …,
/// "output_0", … and "layers/NAME" with the layer's name, in a nested model "layers/MODEL/NAME". Without
/// "layers/", as a loop of one's own over the layers may write them, names are those of layers, too.
/// @throws OSError if it cannot be read; ValueError naming the file and what in it is wrong.
Recording read_recording(const std::string& path);

/// Whether `path` is a folder or a zip archive of `.npy` members.
/// @throws OSError if it cannot be read.
bool is_recording(const std::string& path);

}  // namespace sepal
