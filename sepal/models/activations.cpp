#include "sepal/models/activations.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/graph/topology.h"

namespace sepal {
namespace {

using Values = std::map<const KerasTensorData*, Tensor>;

Tensors values_of(const KerasTensors& tensors, const Values& values) {
  Tensors found;
  for (const KerasTensor& tensor : tensors) found.push_back(values.at(tensor.data().get()));
  return found;
}

// The value of every tensor of the graph: the outputs of a model that has them all for outputs.
Values run(const Topology& graph, const Tensors& inputs) {
  KerasTensors wanted;
  for (const std::shared_ptr<Node>& node : graph.nodes) {
    for (const KerasTensor& output : node->outputs()) wanted.push_back(output);
  }
  const GradientTape::Pause no_tape;
  Tensors losses;
  const Tensors found =
      Model(graph.inputs, wanted, "activations")->call_within(inputs, {.training = false, .losses = &losses});
  Values values;
  for (std::size_t i = 0; i < wanted.size(); ++i) values[wanted[i].data().get()] = found[i];
  return values;
}

// Which of the layer's calls in this graph the node is: calls outside of the graph do not count.
std::size_t number_of(const Node& node, const Topology& graph) {
  return static_cast<std::size_t>(
      std::count_if(graph.nodes.begin(), graph.nodes.end(), [&](const std::shared_ptr<Node>& other) {
        return other->operation() == node.operation() && other->index() < node.index();
      }));
}

void collect(ModelBase& model, const Tensors& inputs, const std::string& prefix,
             std::vector<Activation>& found) {
  if (!model.built()) {
    Shapes shapes;
    for (const Tensor& input : inputs) shapes.push_back(input.shape());
    model.build_for(shapes);
  }
  const Topology graph = map_topology(model.inputs(), model.outputs());
  const Values values = run(graph, inputs);
  for (const std::shared_ptr<Node>& node : graph.nodes) {
    auto layer = std::dynamic_pointer_cast<Layer>(node->operation());
    const std::size_t call = number_of(*node, graph);
    const std::string path = prefix + layer->name() + (call > 0 ? fmt::format("@{}", call) : "");
    if (auto* nested = dynamic_cast<ModelBase*>(layer.get())) {
      collect(*nested, values_of(node->inputs(), values), path + "/", found);
    }
    found.push_back({path, Ref<Layer>(std::move(layer)), values_of(node->outputs(), values)});
  }
}

}  // namespace

std::vector<Activation> activations(const Model& model, const Tensors& inputs) {
  std::vector<Activation> found;
  collect(*model, inputs, "", found);
  return found;
}

}  // namespace sepal
