// FunctionalModel: planning the calls of a graph and running them.
#include <fmt/format.h>

#include <map>

#include "sepal/base/error.h"
#include "sepal/graph/topology.h"
#include "sepal/models/joined_calls.h"
#include "sepal/models/model.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

Layer* layer_of(const Operation& operation) {
  // Every operation of the graph is a layer: only layers record calls.
  return const_cast<Layer*>(dynamic_cast<const Layer*>(&operation));  // NOLINT: the node owns it non-const
}

// Keras adds the batch axis's friends: (batch,) data for a (batch, 1) input and the reverse.
Tensor with_rank(const Tensor& tensor, const Shape& wanted) {
  const Shape& shape = tensor.shape();
  if (shape.rank() == wanted.rank() + 1 && shape.back() == 1)
    return tensor.reshaped(shape.slice(0, -1 + shape.rank()));
  if (shape.rank() + 1 == wanted.rank() && wanted.back() == 1) {
    Shape longer = shape;
    longer.push_back(1);
    return tensor.reshaped(longer);
  }
  return tensor;
}

bool fits(const Shape& shape, const Shape& wanted) {
  if (shape.rank() != wanted.rank()) return false;
  for (int i = 0; i < shape.rank(); ++i) {
    if (wanted[i] != kNone && shape[i] != kNone && wanted[i] != shape[i]) return false;
  }
  return true;
}

}  // namespace

FunctionalModel::FunctionalModel(KerasTensors inputs, KerasTensors outputs, FunctionalOptions options)
    : ModelBase("Functional", {.name = options.name, .trainable = options.trainable}),
      options_(std::move(options)),
      topology_(map_topology(inputs, outputs)) {
  plan_steps();
  set_built();
  if (!options_.trainable) set_trainable(false);
}

void FunctionalModel::plan_steps() {
  std::map<const KerasTensorData*, std::size_t> slot_of;
  const auto slot = [&](const KerasTensor& tensor) {
    return slot_of.try_emplace(tensor.data().get(), slot_of.size()).first->second;
  };
  for (const KerasTensor& input : topology_.inputs) input_slots_.push_back(slot(input));
  for (const std::shared_ptr<Node>& node : topology_.nodes) {
    const bool is_fed = [&] {
      for (const KerasTensor& output : node->outputs()) {
        if (!slot_of.contains(output.data().get()) || slot(output) >= input_slots_.size()) return false;
      }
      return true;
    }();
    if (is_fed) continue;
    Step step{layer_of(*node->operation()), {}, {}, {}};
    for (const KerasTensor& input : node->inputs()) step.inputs.push_back(slot(input));
    for (const KerasTensor& output : node->outputs()) step.outputs.push_back(slot(output));
    steps_.push_back(std::move(step));
  }
  for (const KerasTensor& output : topology_.outputs) output_slots_.push_back(slot(output));
  slots_ = slot_of.size();

  std::vector<bool> needed_later(slots_, false);
  for (const std::size_t output : output_slots_) needed_later[output] = true;
  for (std::size_t i = steps_.size(); i-- > 0;) {
    for (const std::size_t input : steps_[i].inputs) {
      if (!needed_later[input]) steps_[i].last_uses.push_back(input);
      needed_later[input] = true;
    }
  }
  plan_joins();
}

void FunctionalModel::plan_joins() {
  std::vector<int> readers(slots_, 0);
  for (const Step& step : steps_) {
    for (const std::size_t input : step.inputs) ++readers[input];
  }
  for (const std::size_t output : output_slots_) ++readers[output];
  std::map<std::size_t, Step*> maker;
  for (Step& step : steps_) {
    const auto found = step.inputs.size() == 1 ? maker.find(step.inputs[0]) : maker.end();
    if (found != maker.end() && readers[step.inputs[0]] == 1 &&
        may_join(*found->second->layer, *step.layer)) {
      found->second->joined = &step;
    }
    if (step.outputs.size() == 1) maker[step.outputs[0]] = &step;
  }
}

// The result is that of the step behind; that step finds it there.
bool FunctionalModel::run_joined(const Step& step, Tensors& values, const CallContext& context) const {
  if (step.joined == nullptr) return false;
  std::optional<Tensor> result =
      joined_call(*step.layer, *step.joined->layer, values[step.inputs[0]], context);
  if (!result) return false;
  values[step.joined->outputs[0]] = std::move(*result);
  return true;
}

Tensors FunctionalModel::converted(const Tensors& inputs) const {
  if (inputs.size() != topology_.inputs.size()) {
    throw ValueError(fmt::format("Layer \"{}\" expects {} input(s), but it received {} input tensors.",
                                 name(), topology_.inputs.size(), inputs.size()));
  }
  Tensors result;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    const KerasTensor& wanted = topology_.inputs[i];
    Tensor tensor = with_rank(inputs[i], wanted.shape());
    if (!fits(tensor.shape(), wanted.shape())) {
      throw ValueError(
          fmt::format("Input {} of layer \"{}\" is incompatible with the layer: expected shape={}, found "
                      "shape={}",
                      i, name(), wanted.shape().str(), inputs[i].shape().str()));
    }
    if (tensor.dtype() != wanted.dtype()) tensor = ops::cast(tensor, wanted.dtype());
    result.push_back(tensor.with_mask(inputs[i].mask()));
  }
  return result;
}

void FunctionalModel::build_all(const Shapes&) {}

Tensors FunctionalModel::call_all(const Tensors& inputs, const CallContext& context) {
  Tensors values(slots_);
  const Tensors fed = converted(inputs);
  for (std::size_t i = 0; i < fed.size(); ++i) values[input_slots_[i]] = fed[i];
  for (const Step& step : steps_) {
    if (step.outputs.size() == 1 && values[step.outputs[0]].defined()) continue;
    if (run_joined(step, values, context)) {
      for (const std::size_t slot : step.last_uses) values[slot] = Tensor();
      continue;
    }
    Tensors arguments;
    for (const std::size_t input : step.inputs) arguments.push_back(values[input]);
    for (const std::size_t slot : step.last_uses) values[slot] = Tensor();
    Tensors results = step.layer->call_within(arguments, context);
    for (std::size_t i = 0; i < step.outputs.size(); ++i) values[step.outputs[i]] = std::move(results[i]);
  }
  Tensors outputs;
  for (const std::size_t slot : output_slots_) outputs.push_back(values[slot]);
  return outputs;
}

Shapes FunctionalModel::compute_output_shapes(const Shapes& input_shapes) {
  if (input_shapes.size() != input_slots_.size()) {
    throw ValueError(fmt::format("Layer \"{}\" expects {} input(s), but it received {} input tensors.",
                                 name(), input_slots_.size(), input_shapes.size()));
  }
  Shapes shapes(slots_);
  for (std::size_t i = 0; i < input_shapes.size(); ++i) {
    const Shape& wanted = topology_.inputs[i].shape();
    if (!fits(input_shapes[i], wanted)) {
      throw ValueError(
          fmt::format("Input {} of layer \"{}\" is incompatible with the layer: expected shape={}, found "
                      "shape={}",
                      i, name(), wanted.str(), input_shapes[i].str()));
    }
    shapes[input_slots_[i]] = input_shapes[i];
  }
  for (const Step& step : steps_) {
    Shapes arguments;
    for (const std::size_t input : step.inputs) arguments.push_back(shapes[input]);
    const Shapes results = step.layer->output_shapes_for(arguments);
    for (std::size_t i = 0; i < step.outputs.size(); ++i) shapes[step.outputs[i]] = results[i];
  }
  Shapes outputs;
  for (const std::size_t slot : output_slots_) outputs.push_back(shapes[slot]);
  return outputs;
}

std::vector<DType> FunctionalModel::compute_output_dtypes(const std::vector<DType>&, std::size_t) {
  std::vector<DType> dtypes;
  for (const KerasTensor& output : topology_.outputs) dtypes.push_back(output.dtype());
  return dtypes;
}

std::vector<Ref<Layer>> FunctionalModel::layers() const {
  std::vector<Ref<Layer>> all;
  for (const std::shared_ptr<Operation>& operation : topology_.operations) {
    all.emplace_back(std::dynamic_pointer_cast<Layer>(operation));
  }
  return all;
}

KerasTensors FunctionalModel::inputs() const { return topology_.inputs; }
KerasTensors FunctionalModel::outputs() const { return topology_.outputs; }

}  // namespace sepal
