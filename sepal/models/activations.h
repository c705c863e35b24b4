// What each layer of a model makes of given inputs, for looking into a model.
#pragma once

#include <string>
#include <vector>

#include "sepal/models/model.h"

namespace sepal {

/// One call of a layer.
struct Activation {
  /// The layer's name, behind the names of the models it is in: "encoder/conv1". The second call of a shared
  /// layer is "conv1@1", and so on, in the order in which the layer was called.
  std::string path;
  Ref<Layer> layer;
  Tensors outputs;
};

/// Every call of the graph in the order of execution, those inside of a nested model before the model's own.
/// `inputs`: one tensor for each of `model->inputs()`, with the batch axis. Nothing is trained or fused; all
/// results are held at once.
/// @throws ValueError if the inputs do not fit.
std::vector<Activation> activations(const Model& model, const Tensors& inputs);

}  // namespace sepal
