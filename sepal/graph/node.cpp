#include "sepal/graph/node.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal {

const KerasTensorData& KerasTensor::known() const {
  if (!data_) throw ValueError("The symbolic tensor is not defined.");
  return *data_;
}

std::string KerasTensor::str() const {
  if (!defined()) return "<KerasTensor>";
  return fmt::format("<KerasTensor shape={}, dtype={}, sparse=False, ragged=False, name={}>", shape().str(),
                     name_of(dtype()), name());
}

Node::Node(std::shared_ptr<Operation> operation, KerasTensors inputs, std::vector<KerasTensorData> outputs,
           bool list_input)
    : operation_(std::move(operation)), inputs_(std::move(inputs)), list_input_(list_input) {
  for (KerasTensorData& output : outputs) {
    outputs_.push_back(std::make_shared<const KerasTensorData>(std::move(output)));
  }
}

// A model from a file may be deeper than the call stack: nodes that nothing else holds go one by one.
Node::~Node() {
  std::vector<std::shared_ptr<Node>> released;
  const auto release = [&](KerasTensors& tensors) {
    for (KerasTensor& tensor : tensors) released.push_back(std::move(tensor.node_));
  };
  release(inputs_);
  while (!released.empty()) {
    const std::shared_ptr<Node> node = std::move(released.back());
    released.pop_back();
    if (node.use_count() == 1) release(node->inputs_);
  }
}

KerasTensors Node::record_call(const std::shared_ptr<Operation>& operation, const KerasTensors& inputs,
                               std::vector<KerasTensorData> outputs, bool list_input) {
  for (const KerasTensor& input : inputs) {
    if (!input.node()) {
      throw ValueError(
          fmt::format("Operation '{}' was called on a KerasTensor without history: {}. What computed "
                      "it no longer exists.",
                      operation->name(), input.str()));
    }
  }
  auto node = std::make_shared<Node>(operation, inputs, std::move(outputs), list_input);
  node->index_ = static_cast<int>(operation->calls_.size());
  CallRecord record{{}, {}, {}, node->outputs_, node, list_input};
  for (const KerasTensor& input : inputs) {
    record.inputs.push_back(input.data());
    record.input_nodes.push_back(input.node());
    record.input_tensor_indices.push_back(input.tensor_index());
    std::vector<std::weak_ptr<Node>>& readers = input.node()->operation()->readers_;
    // A layer that is called for years must not remember what nobody holds any more.
    if (readers.size() == readers.capacity()) {
      std::erase_if(readers, [](const std::weak_ptr<Node>& reader) { return reader.expired(); });
    }
    readers.push_back(node);
  }
  operation->calls_.push_back(std::move(record));
  return node->outputs();
}

std::vector<std::shared_ptr<Node>> Operation::outbound_nodes() const {
  std::vector<std::shared_ptr<Node>> nodes;
  for (const std::weak_ptr<Node>& reader : readers_) {
    if (std::shared_ptr<Node> node = reader.lock()) nodes.push_back(std::move(node));
  }
  return nodes;
}

KerasTensors Node::outputs() {
  KerasTensors tensors;
  for (std::size_t i = 0; i < outputs_.size(); ++i) {
    tensors.emplace_back(outputs_[i], shared_from_this(), static_cast<int>(i));
  }
  return tensors;
}

KerasTensors inputs_of(const CallRecord& call) {
  // An input layer is fed, not computed: its input is its own output.
  if (call.inputs.empty()) return outputs_of(call);
  KerasTensors tensors;
  for (std::size_t i = 0; i < call.inputs.size(); ++i) {
    tensors.emplace_back(call.inputs[i], call.input_nodes[i].lock(), call.input_tensor_indices[i]);
  }
  return tensors;
}

KerasTensors outputs_of(const CallRecord& call) {
  const std::shared_ptr<Node> node = call.node.lock();
  if (node) return node->outputs();
  KerasTensors tensors;
  for (std::size_t i = 0; i < call.outputs.size(); ++i) {
    tensors.emplace_back(call.outputs[i], nullptr, static_cast<int>(i));
  }
  return tensors;
}

}  // namespace sepal
