#include "sepal/graph/topology.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>
#include <unordered_map>
#include <unordered_set>

#include "sepal/base/error.h"

namespace sepal {
namespace {

// A depth-first walk from the outputs against the direction of the data, on an explicit stack: a model from a
// file may be deeper than the call stack.
class Walk {
 public:
  explicit Walk(const KerasTensors& inputs) {
    for (const KerasTensor& input : inputs) stop_at_.insert(input.data().get());
  }

  void from(const KerasTensor& output) {
    enter(output);
    while (!stack_.empty()) {
      Frame& top = stack_.back();
      if (top.next_input < top.inputs) {
        const KerasTensor& input = top.node->inputs()[top.next_input++];
        enter(input);
      } else {
        finished_.insert(top.node.get());
        in_progress_.erase(top.node.get());
        post_order.push_back(top.node);
        stack_.pop_back();
      }
    }
  }

  std::vector<std::shared_ptr<Node>> post_order;
  std::unordered_map<const Operation*, int> operation_index;

 private:
  struct Frame {
    std::shared_ptr<Node> node;
    std::size_t inputs;
    std::size_t next_input = 0;
  };

  void enter(const KerasTensor& tensor) {
    const std::shared_ptr<Node>& node = tensor.node();
    if (in_progress_.contains(node.get())) {
      throw ValueError(fmt::format("Tensor {} from operation '{}' is part of a cycle.", tensor.str(),
                                   node->operation()->name()));
    }
    if (finished_.contains(node.get())) return;
    operation_index.try_emplace(node->operation().get(), static_cast<int>(operation_index.size()));
    in_progress_.insert(node.get());
    const bool is_model_input = stop_at_.contains(tensor.data().get());
    stack_.push_back({node, is_model_input ? 0 : node->inputs().size()});
  }

  std::unordered_set<const KerasTensorData*> stop_at_;
  std::unordered_set<const Node*> finished_;
  std::unordered_set<const Node*> in_progress_;
  std::vector<Frame> stack_;
};

void check_inputs(const KerasTensors& inputs) {
  std::set<const KerasTensorData*> seen;
  for (const KerasTensor& input : inputs) {
    if (!input.defined() || !input.node()) {
      throw ValueError(
          fmt::format("All `inputs` values must be KerasTensors made by `Input`. Received: {}", input.str()));
    }
    if (!seen.insert(input.data().get()).second) {
      throw ValueError(
          fmt::format("The list of inputs passed to the model contains the same input multiple times. "
                      "All inputs should only appear once. Received: {}",
                      input.str()));
    }
  }
}

void check_connected(const Topology& topology) {
  std::unordered_set<const KerasTensorData*> computable;
  for (const KerasTensor& input : topology.inputs) computable.insert(input.data().get());
  for (const std::shared_ptr<Node>& node : topology.nodes) {
    const bool is_model_input = [&] {
      const KerasTensors outputs = node->outputs();
      return std::all_of(outputs.begin(), outputs.end(),
                         [&](const KerasTensor& t) { return computable.contains(t.data().get()); });
    }();
    if (is_model_input) continue;
    for (const KerasTensor& input : node->inputs()) {
      if (!computable.contains(input.data().get())) {
        throw ValueError(fmt::format("`inputs` not connected to `outputs`: operation '{}' needs {}.",
                                     node->operation()->name(), input.str()));
      }
    }
    if (node->is_input()) {
      throw ValueError(
          fmt::format("`inputs` not connected to `outputs`: the outputs depend on input '{}', which is "
                      "not among the inputs.",
                      node->operation()->name()));
    }
    for (const KerasTensor& output : node->outputs()) computable.insert(output.data().get());
  }
}

void check_names(const std::vector<std::shared_ptr<Operation>>& operations) {
  std::map<std::string, int> uses;
  for (const auto& operation : operations) ++uses[operation->name()];
  for (const auto& [name, count] : uses) {
    if (count > 1) {
      throw ValueError(
          fmt::format("The name \"{}\" is used {} times in the model. All operation names should be "
                      "unique.",
                      name, count));
    }
  }
}

}  // namespace

Topology map_topology(const KerasTensors& inputs, const KerasTensors& outputs) {
  check_inputs(inputs);
  for (const KerasTensor& output : outputs) {
    if (!output.defined() || !output.node()) {
      throw ValueError(fmt::format("All `outputs` values must be KerasTensors. Received: {}", output.str()));
    }
  }
  Walk walk(inputs);
  for (const KerasTensor& output : outputs) walk.from(output);

  std::unordered_map<const Node*, int> node_depth;
  std::unordered_map<const Operation*, int> operation_depth;
  for (std::size_t i = walk.post_order.size(); i-- > 0;) {
    const std::shared_ptr<Node>& node = walk.post_order[i];
    // All calls of one operation take the depth of its deepest call, as in Keras.
    int& of_operation = operation_depth[node->operation().get()];
    of_operation = std::max(of_operation, node_depth[node.get()]);
    node_depth[node.get()] = of_operation;
    for (const KerasTensor& input : node->inputs()) {
      int& of_input = node_depth[input.node().get()];
      of_input = std::max(of_input, of_operation + 1);
    }
  }

  Topology topology{inputs, outputs, walk.post_order, {}, {}};
  // An input that no output depends on is still fed and still a layer of the model.
  std::vector<std::shared_ptr<Node>> unused;
  for (const KerasTensor& input : inputs) {
    const std::shared_ptr<Node>& node = input.node();
    if (operation_depth.try_emplace(node->operation().get(), 0).second) {
      walk.operation_index[node->operation().get()] = -1;
      unused.push_back(node);
    }
  }
  topology.nodes.insert(topology.nodes.begin(), unused.begin(), unused.end());
  for (const std::shared_ptr<Node>& node : topology.nodes) topology.depths.push_back(node_depth[node.get()]);
  std::unordered_set<const Operation*> listed;
  for (const std::shared_ptr<Node>& node : topology.nodes) {
    if (listed.insert(node->operation().get()).second) topology.operations.push_back(node->operation());
  }
  std::stable_sort(topology.operations.begin(), topology.operations.end(), [&](const auto& a, const auto& b) {
    const int depth_a = operation_depth[a.get()];
    const int depth_b = operation_depth[b.get()];
    if (depth_a != depth_b) return depth_a > depth_b;
    return walk.operation_index[a.get()] < walk.operation_index[b.get()];
  });
  check_connected(topology);
  check_names(topology.operations);
  return topology;
}

}  // namespace sepal
