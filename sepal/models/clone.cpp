#include "sepal/models/clone.h"

#include <fmt/format.h>

#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/graph/topology.h"

namespace sepal {
namespace {

Ref<Layer> replaced(const Ref<Layer>& layer, const CloneFunction& clone_function) {
  Ref<Layer> clone = clone_function(layer);
  if (!clone) {
    throw TypeError(fmt::format(
        "The `clone_function` argument must return a layer. Received: an empty handle for layer '{}'",
        layer->name()));
  }
  return clone;
}

KerasTensor same_input(const KerasTensor& input) {
  return Input(
      {.dtype = std::string(name_of(input.dtype())), .batch_shape = input.shape(), .name = input.name()});
}

std::shared_ptr<FunctionalModel> clone_functional(const FunctionalModel& model,
                                                  const CloneFunction& clone_function) {
  const Topology& topology = model.topology();
  std::map<const KerasTensorData*, KerasTensor> copies;
  std::map<const Operation*, Ref<Layer>> layers;
  KerasTensors inputs;
  for (const KerasTensor& input : topology.inputs) {
    inputs.push_back(same_input(input));
    copies[input.data().get()] = inputs.back();
  }
  for (const std::shared_ptr<Node>& node : topology.nodes) {
    const KerasTensors originals = node->outputs();
    if (copies.contains(originals[0].data().get())) continue;
    Ref<Layer>& layer = layers[node->operation().get()];
    if (!layer)
      layer = replaced(Ref<Layer>(std::dynamic_pointer_cast<Layer>(node->operation())), clone_function);
    KerasTensors arguments;
    for (const KerasTensor& input : node->inputs()) arguments.push_back(copies.at(input.data().get()));
    const KerasTensors results = (*layer)(arguments, node->list_input());
    for (std::size_t i = 0; i < originals.size(); ++i) copies[originals[i].data().get()] = results.at(i);
  }
  KerasTensors outputs;
  for (const KerasTensor& output : topology.outputs) outputs.push_back(copies.at(output.data().get()));
  return std::make_shared<FunctionalModel>(inputs, outputs,
                                           FunctionalOptions{.name = model.name(),
                                                             .trainable = model.trainable(),
                                                             .inputs = model.input_structure(),
                                                             .outputs = model.output_structure()});
}

std::shared_ptr<SequentialModel> clone_sequential(const SequentialModel& model,
                                                  const CloneFunction& clone_function) {
  SequentialOptions options{.layers = {}, .name = model.name(), .trainable = model.trainable()};
  if (!model.inputs().empty()) options.layers.emplace_back(same_input(model.inputs()[0]));
  for (const Ref<Layer>& layer : model.layers()) options.layers.emplace_back(replaced(layer, clone_function));
  return std::make_shared<SequentialModel>(std::move(options));
}

}  // namespace

Model clone_model(const Model& model, const CloneFunction& clone_function) {
  if (!clone_function) return Model(ModelBase::from_envelope(model->to_envelope()));
  if (const auto* sequential = dynamic_cast<const SequentialModel*>(&*model)) {
    return Model(std::shared_ptr<ModelBase>(clone_sequential(*sequential, clone_function)));
  }
  return Model(std::shared_ptr<ModelBase>(
      clone_functional(dynamic_cast<const FunctionalModel&>(*model), clone_function)));
}

Sequential clone_model(const Sequential& model, const CloneFunction& clone_function) {
  const Model clone = clone_model(Model(model), clone_function);
  return Sequential(std::dynamic_pointer_cast<SequentialModel>(clone.shared()));
}

}  // namespace sepal
