#include "sepal/models/frozen_graph.h"

#include <map>
#include <typeinfo>

#include "sepal/graph/node.h"
#include "sepal/models/frozen_layers.h"
#include "sepal/models/model.h"

namespace sepal::frozen {
namespace {

/// What cannot be frozen.
struct NotFrozen {};

class Import {
 public:
  Import(Graph& graph, std::vector<Revision>& revisions) : graph_(graph), revisions_(revisions) {}

  void run(const ModelBase& model) {
    note_revision(model);
    const KerasTensors inputs = model.inputs();
    if (inputs.empty()) throw NotFrozen{};
    for (const KerasTensor& input : inputs) graph_.inputs.push_back(add_value(*input.data()));
    graph_.outputs = add_model(model, graph_.inputs);
  }

 private:
  using Values = std::vector<std::size_t>;

  void note_revision(const ModelBase& model) {
    if (const auto* sequential = dynamic_cast<const SequentialModel*>(&model)) {
      revisions_.push_back({sequential, sequential->revision()});
    }
  }

  std::size_t add_value(const KerasTensorData& data) {
    // A mask travels with the tensors of the layers' own calls.
    if (data.mask) throw NotFrozen{};
    graph_.values.push_back({data.dtype, data.shape});
    return graph_.values.size() - 1;
  }

  Values add_model(const ModelBase& model, const Values& inputs) {
    if (const auto* functional = dynamic_cast<const FunctionalModel*>(&model)) {
      return add_functional(functional->topology(), inputs);
    }
    Values values = inputs;
    for (const Ref<Layer>& layer : model.layers())
      values = add_call(layer.shared(), values, last_call(*layer));
    return values;
  }

  // A Sequential's layers were called once, or, if they are in several models, alike.
  static std::vector<std::shared_ptr<const KerasTensorData>> last_call(const Layer& layer) {
    if (layer.inbound_nodes().empty()) throw NotFrozen{};
    return layer.inbound_nodes().back().outputs;
  }

  Values add_functional(const Topology& topology, const Values& inputs) {
    std::map<const KerasTensorData*, std::size_t> known;
    for (std::size_t i = 0; i < inputs.size(); ++i) known[topology.inputs[i].data().get()] = inputs[i];
    for (const std::shared_ptr<sepal::Node>& node : topology.nodes) {
      const KerasTensors outputs = node->outputs();
      bool is_fed = true;
      std::vector<std::shared_ptr<const KerasTensorData>> made;
      for (const KerasTensor& output : outputs) {
        is_fed = is_fed && known.contains(output.data().get());
        made.push_back(output.data());
      }
      if (is_fed) continue;
      Values arguments;
      for (const KerasTensor& input : node->inputs()) arguments.push_back(known.at(input.data().get()));
      const Values results = add_call(std::dynamic_pointer_cast<Layer>(node->operation()), arguments, made);
      for (std::size_t i = 0; i < results.size(); ++i) known[made[i].get()] = results[i];
    }
    Values results;
    for (const KerasTensor& output : topology.outputs) results.push_back(known.at(output.data().get()));
    return results;
  }

  Values add_call(const std::shared_ptr<Layer>& layer, const Values& inputs,
                  const std::vector<std::shared_ptr<const KerasTensorData>>& made) {
    if (!layer->built()) throw NotFrozen{};
    if (const ModelBase* inner = takes_as_they_are(*layer, inputs)) return add_model(*inner, inputs);
    Values outputs;
    for (const auto& data : made) outputs.push_back(add_value(*data));
    graph_.shape_rules.push_back({layer, inputs, outputs});
    if (!add_known(*layer, inputs, outputs)) {
      graph_.nodes.push_back({Call{layer}, inputs, outputs, layer->name()});
    }
    return outputs;
  }

  // A nested model whose inputs need neither a cast nor another rank.
  const ModelBase* takes_as_they_are(const Layer& layer, const Values& inputs) {
    const bool is_model =
        typeid(layer) == typeid(FunctionalModel) || typeid(layer) == typeid(SequentialModel);
    if (!is_model) return nullptr;
    const auto* model = dynamic_cast<const ModelBase*>(&layer);
    const KerasTensors wanted = model->inputs();
    note_revision(*model);
    if (wanted.size() != inputs.size()) return nullptr;
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      const Value& given = graph_.values[inputs[i]];
      if (given.dtype != wanted[i].dtype() || given.shape.rank() != wanted[i].shape().rank()) return nullptr;
    }
    return model;
  }

  bool add_known(Layer& layer, const Values& inputs, const Values& outputs) {
    if (outputs.size() != 1) return false;
    Shapes shapes;
    for (const std::size_t input : inputs) {
      if (graph_.values[input].dtype != DType::float32) return false;
      shapes.push_back(graph_.values[input].shape);
    }
    std::vector<Work> works = works_of(layer, shapes);
    if (works.empty()) return false;
    Values from = inputs;
    for (std::size_t i = 0; i < works.size(); ++i) {
      // Between the works of one layer lie values of the shape of its result.
      std::size_t to = outputs[0];
      if (i + 1 < works.size()) {
        graph_.values.push_back(graph_.values[to]);
        to = graph_.values.size() - 1;
        graph_.same_shapes.emplace_back(to, outputs[0]);
      }
      graph_.nodes.push_back({std::move(works[i]), from, {to}, layer.name()});
      from = {to};
    }
    return true;
  }

  Graph& graph_;
  std::vector<Revision>& revisions_;
};

}  // namespace

std::optional<Graph> graph_of(const ModelBase& model, std::vector<Revision>& revisions) {
  Graph graph;
  try {
    Import(graph, revisions).run(model);
  } catch (const NotFrozen&) {
    return std::nullopt;
  }
  return graph;
}

}  // namespace sepal::frozen
