// Topology: which calls lie between a model's inputs and its outputs, and in which order they run
// (Keras: `keras.src.ops.function.map_graph`).
#pragma once

#include <memory>
#include <vector>

#include "sepal/graph/node.h"

namespace sepal {

struct Topology {
  KerasTensors inputs;
  KerasTensors outputs;
  /// Every call, inputs first; a call stands after the calls it reads.
  std::vector<std::shared_ptr<Node>> nodes;
  /// Of each call: the longest way from it to an output, in calls.
  std::vector<int> depths;
  /// Every operation once, in Keras's order (`model.layers`): by decreasing depth, ties by the order in which
  /// a walk from the outputs meets them.
  std::vector<std::shared_ptr<Operation>> operations;
};

/// @throws ValueError if an input is given twice or has no history, if an output does not depend on the
/// inputs alone ("disconnected"), if the calls form a cycle, or if two operations have one name.
Topology map_topology(const KerasTensors& inputs, const KerasTensors& outputs);

}  // namespace sepal
