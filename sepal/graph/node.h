// Node: one call of an operation on KerasTensors.
#pragma once

#include <memory>
#include <vector>

#include "sepal/graph/keras_tensor.h"

namespace sepal {

class Node : public std::enable_shared_from_this<Node> {
 public:
  /// Records the call on the operation and returns its outputs.
  /// `list_input`: the operation was given a list, even if of one tensor.
  /// @throws ValueError if an input has no history.
  static KerasTensors record_call(const std::shared_ptr<Operation>& operation, const KerasTensors& inputs,
                                  std::vector<KerasTensorData> outputs, bool list_input);

  const std::shared_ptr<Operation>& operation() const { return operation_; }
  /// Which call of the operation this is, from 0.
  int index() const { return index_; }
  const KerasTensors& inputs() const { return inputs_; }
  KerasTensors outputs();
  bool is_input() const { return inputs_.empty(); }
  bool list_input() const { return list_input_; }

  Node(std::shared_ptr<Operation> operation, KerasTensors inputs, std::vector<KerasTensorData> outputs,
       bool list_input);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

 private:
  std::shared_ptr<Operation> operation_;
  int index_ = 0;
  KerasTensors inputs_;
  std::vector<std::shared_ptr<const KerasTensorData>> outputs_;
  bool list_input_ = false;
};

/// The tensors of a remembered call: with history as long as something still holds the call's results.
KerasTensors inputs_of(const CallRecord& call);
KerasTensors outputs_of(const CallRecord& call);

}  // namespace sepal
