// Where the variables of a model stand in a file of weights: groups follow the containment of layers
// ("layers/separable_conv2d_1/vars"), never the layers' names.
#pragma once

#include <string>
#include <vector>

#include "sepal/layers/layer.h"
#include "sepal/layers/lora.h"

namespace sepal {

/// An object with variables: a model, a layer, or a part of a layer such as a random seed.
struct WeightEntry {
  std::string group;  // its "vars" group: "layers/dense/vars"
  std::string name;   // "dense_3"
  Variables variables;
  /// A state that outputs do not depend on outside of training. Files may lack it.
  bool optional = false;
  /// One of the variables is adapted: the file has it with the adaptation added, and not the matrices.
  const LoraLayer* adaptation = nullptr;
};

/// The dialects of the tree.
enum class WeightTreeStyle {
  /// Keras 3: the n-th layer of a class in a model is "class_n" (the first: "class").
  keras3,
  /// tf.keras 2.15: layers that stand elsewhere already are not counted.
  keras2,
  /// tf.keras 2.12 to 2.14: everything stands in "_layer_checkpoint_dependencies", which lists a layer that
  /// has
  /// weights twice.
  checkpoint_dependencies,
};

/// The model and everything inside it, each object once, at the place where it comes first.
std::vector<WeightEntry> weight_tree(const Layer& model, WeightTreeStyle style);

}  // namespace sepal
