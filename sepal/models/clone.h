// Copies of models (keras.models.clone_model).
#pragma once

#include <functional>

#include "sepal/models/model.h"

namespace sepal {

/// Makes the layer that stands for one of the model's layers.
using CloneFunction = std::function<Ref<Layer>(const Ref<Layer>&)>;

/// A new model of the same structure with new layers and newly drawn weights. Without `clone_function` a
/// layer is made anew from its config; inputs always are.
/// @throws ValueError if a layer's config cannot be written or read, TypeError if `clone_function` gives an
/// empty handle.
Model clone_model(const Model& model, const CloneFunction& clone_function = {});
Sequential clone_model(const Sequential& model, const CloneFunction& clone_function = {});

}  // namespace sepal
