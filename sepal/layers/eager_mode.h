// Eager mode: a scope in which layers keep no graph, as under TensorFlow 1.4's `enable_eager_execution`.
#pragma once

namespace sepal {

/// While one exists, this thread is in eager mode: calls compute as ever, but what speaks of a graph (nodes,
/// losses, updates, Input) raises RuntimeError, and `add_update` does nothing. It is off at the start, so
/// that both kinds of call go side by side.
class EagerMode {
 public:
  EagerMode();
  ~EagerMode();
  EagerMode(const EagerMode&) = delete;
  EagerMode& operator=(const EagerMode&) = delete;
};

/// Whether this thread is in eager mode.
bool executing_eagerly();

/// @throws RuntimeError "`Layer.losses` is not supported in eager mode." in eager mode.
void expect_graph_mode(const char* member);

}  // namespace sepal
