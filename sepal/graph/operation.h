// Operation: something that can be called on KerasTensors (a layer, a model), as far as the graph knows it.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "sepal/base/dtype.h"
#include "sepal/base/shape.h"

namespace sepal {

class Node;
class KerasTensor;

/// What is known of a symbolic value: everything but where it comes from.
struct KerasTensorData {
  Shape shape;
  DType dtype = DType::float32;
  std::string name;
};

/// One call of an operation as the operation remembers it. It does not keep the graph above alive: the
/// tensors that came out of the call do (they own the Node, a Node owns its inputs), so graphs are freed
/// although layers know their calls.
struct CallRecord {
  std::vector<std::shared_ptr<const KerasTensorData>> inputs;
  std::vector<std::weak_ptr<Node>> input_nodes;  // the nodes that made the inputs
  std::vector<int> input_tensor_indices;
  std::vector<std::shared_ptr<const KerasTensorData>> outputs;
  std::weak_ptr<Node> node;
  bool list_input = false;
};

class Operation : public std::enable_shared_from_this<Operation> {
 public:
  Operation() = default;
  virtual ~Operation() = default;
  Operation(const Operation&) = delete;
  Operation& operator=(const Operation&) = delete;

  const std::string& name() const { return name_; }

  /// Calls on KerasTensors so far, in order (Keras: `_inbound_nodes`).
  const std::vector<CallRecord>& calls() const { return calls_; }

 protected:
  void set_name(std::string name) { name_ = std::move(name); }

 private:
  friend class Node;
  std::string name_;
  std::vector<CallRecord> calls_;
};

}  // namespace sepal
