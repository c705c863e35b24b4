#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/graph/node.h"
#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/registry.h"
#include "sepal/models/joined_calls.h"
#include "sepal/models/model.h"

namespace sepal {
namespace {

// A layer behind one of several outputs gets them as a list.
KerasTensors called(const Ref<Layer>& layer, const KerasTensors& inputs) {
  return (*layer)(inputs, inputs.size() > 1);
}

}  // namespace

SequentialModel::SequentialModel(Options options)
    : ModelBase("Sequential", {.name = options.name, .trainable = options.trainable}) {
  for (SequentialItem& item : options.layers) add(std::move(item));
  if (!options.trainable) set_trainable(false);
}

void SequentialModel::add(SequentialItem item) {
  ++revision_;
  if (const auto* input = std::get_if<KerasTensor>(&item)) {
    if (input_.defined() || !layers_.empty()) {
      throw ValueError(
          fmt::format("Sequential model '{}' has already been configured to use its first layer: an Input "
                      "must come first.",
                      name()));
    }
    input_ = *input;
    return;
  }
  const Ref<Layer>& layer = std::get<Ref<Layer>>(item);
  if (!layer)
    throw TypeError("Only instances of Layer can be added to a Sequential model. Received: an empty handle");
  if (const auto input_layer = std::dynamic_pointer_cast<InputLayer>(layer.shared())) {
    return add(input_layer->tensor());
  }
  for (const Ref<Layer>& other : layers_) {
    if (other->name() == layer->name()) {
      throw ValueError(
          fmt::format("All layers added to a Sequential model should have unique names. Name '{}' is "
                      "already the name of a layer in this model.",
                      layer->name()));
    }
  }
  const bool begins = layers_.empty() && !input_.defined();
  if (begins && layer->batch_input_shape()) {
    input_ = Input(
        {.dtype = std::string(name_of(layer->compute_dtype())), .batch_shape = *layer->batch_input_shape()});
  }
  if (input_.defined()) {
    layer_outputs_.push_back(called(layer, layers_.empty() ? KerasTensors{input_} : layer_outputs_.back()));
    set_built();
  }
  layers_.push_back(layer);
}

void SequentialModel::pop() {
  if (layers_.empty()) throw TypeError("There are no layers in the model.");
  ++revision_;
  layers_.pop_back();
  if (input_.defined()) layer_outputs_.pop_back();
}

void SequentialModel::connect(const KerasTensor& input) {
  ++revision_;
  std::vector<KerasTensors> outputs;
  for (const Ref<Layer>& layer : layers_) {
    outputs.push_back(called(layer, outputs.empty() ? KerasTensors{input} : outputs.back()));
  }
  input_ = input;
  layer_outputs_ = std::move(outputs);
}

void SequentialModel::build_all(const Shapes& input_shapes) {
  if (input_shapes.size() != 1) {
    throw ValueError(fmt::format("Layer \"{}\" expects 1 input(s), but it received {} input tensors.", name(),
                                 input_shapes.size()));
  }
  if (layers_.empty()) {
    throw ValueError(fmt::format(
        "Sequential model {} cannot be built because it has no layers. Call `model->add(layer)`.", name()));
  }
  Shape shape = input_shapes[0];
  if (shape.rank() > 0) shape[0] = kNone;
  connect(Input({.batch_shape = shape}));
}

Tensors SequentialModel::call_all(const Tensors& inputs, const CallContext& context) {
  Tensors values = inputs;
  for (std::size_t i = 0; i < layers_.size(); ++i) {
    Layer& layer = *layers_[i];
    if (values.size() == 1 && i + 1 < layers_.size() && may_join(layer, *layers_[i + 1])) {
      if (std::optional<Tensor> both = joined_call(layer, *layers_[i + 1], values[0], context)) {
        values = {std::move(*both)};
        ++i;
        continue;
      }
    }
    values = layer.call_within(values, context);
  }
  return values;
}

Shapes SequentialModel::compute_output_shapes(const Shapes& input_shapes) {
  Shapes shapes = input_shapes;
  for (const Ref<Layer>& layer : layers_) shapes = layer->output_shapes_for(shapes);
  return shapes;
}

std::vector<Ref<Layer>> SequentialModel::layers() const { return layers_; }

KerasTensors SequentialModel::inputs() const {
  return input_.defined() ? KerasTensors{input_} : KerasTensors{};
}

KerasTensors SequentialModel::outputs() const {
  if (!input_.defined()) return {};
  return layer_outputs_.empty() ? KerasTensors{input_} : layer_outputs_.back();
}

Json SequentialModel::get_config() const {
  Json config = Json::object();
  config_put(config, "name", name());
  config_put(config, "trainable", trainable());
  config_put(config, "dtype", dtype_policy());
  Json layers = Json::array();
  if (input_.defined()) {
    layers.push_back(layer_envelope(*std::dynamic_pointer_cast<Layer>(input_.node()->operation())));
  }
  for (const Ref<Layer>& layer : layers_) layers.push_back(layer_envelope(*layer));
  config["layers"] = std::move(layers);
  if (input_.defined()) config["build_input_shape"] = shape_to_json(input_.shape());
  return config;
}

std::shared_ptr<Layer> SequentialModel::from_config(const Json& config, const std::string& owner) {
  SequentialOptions options;
  if (const Json* name = config_find(config, owner, "name")) config_get(*name, {owner, "name"}, options.name);
  const Json* layers = config_find(config, owner, "layers");
  if (layers == nullptr || !layers->is_array()) {
    throw ValueError(fmt::format("{}: expected a list of layers in field 'layers'.", owner));
  }
  for (const Json& envelope : *layers)
    options.layers.emplace_back(Ref<Layer>(layer_from_envelope(envelope, owner)));
  auto model = std::make_shared<SequentialModel>(std::move(options));
  const Json* build_shape = config_find(config, owner, "build_input_shape");
  if (build_shape != nullptr && !build_shape->is_null() && model->inputs().empty() &&
      !model->layers().empty()) {
    model->build_for({shape_from_json(*build_shape, {owner, "build_input_shape"})});
  }
  if (const Json* trainable = config_find(config, owner, "trainable")) {
    bool value = true;
    config_get(*trainable, {owner, "trainable"}, value);
    // Layers carry their own flag; only a frozen model says something new.
    if (!value) model->set_trainable(false);
  }
  return model;
}

}  // namespace sepal
