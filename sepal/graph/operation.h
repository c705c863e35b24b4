// Operation: something that can be called on KerasTensors (a layer, a model), as far as the graph knows it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "sepal/base/dtype.h"
#include "sepal/base/naming.h"
#include "sepal/base/shape.h"

namespace sepal {

class Node;
class KerasTensor;

/// What is known of a symbolic value: everything but where it comes from.
struct KerasTensorData {
  Shape shape;
  DType dtype = DType::float32;
  std::string name;
  /// The mask that comes with the value; nullptr if there is none.
  std::shared_ptr<const KerasTensorData> mask = nullptr;
  /// The session that the value was made in (base/naming.h).
  std::uint64_t session = session_id();
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

  /// The calls of others that read what this operation made, once for each value they read, as long as
  /// something still holds their results (Keras: `_outbound_nodes`).
  std::vector<std::shared_ptr<Node>> outbound_nodes() const;

 protected:
  void set_name(std::string name) { name_ = std::move(name); }

 private:
  friend class Node;
  std::string name_;
  std::vector<CallRecord> calls_;
  std::vector<std::weak_ptr<Node>> readers_;
};

}  // namespace sepal
