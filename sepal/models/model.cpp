#include "sepal/models/model.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/layers/eager_mode.h"

namespace sepal {
namespace {

Model functional(const KerasTensors& inputs, const KerasTensors& outputs, const std::string& name,
                 TensorStructure::Kind input_kind, TensorStructure::Kind output_kind) {
  return Model(std::make_shared<FunctionalModel>(
      inputs, outputs,
      FunctionalOptions{.name = name, .inputs = {.kind = input_kind}, .outputs = {.kind = output_kind}}));
}

}  // namespace

ModelBase::ModelBase(std::string class_name, LayerArguments arguments)
    : Layer(std::move(class_name), std::move(arguments)) {
  expect_graph_mode("Model");
  set_supports_masking();
}

Tensors ModelBase::compute_masks(const Tensors&, const Tensors&) { return {}; }

std::vector<std::shared_ptr<const KerasTensorData>> ModelBase::symbolic_masks(const KerasTensors&) {
  std::vector<std::shared_ptr<const KerasTensorData>> masks;
  for (const KerasTensor& output : outputs()) masks.push_back(output.mask().data());
  return masks;
}

std::vector<std::shared_ptr<Layer>> ModelBase::sublayers() const {
  std::vector<std::shared_ptr<Layer>> all;
  for (const Ref<Layer>& layer : layers()) all.push_back(layer.shared());
  return all;
}

namespace {

KerasTensors defined_ends(KerasTensors ends, const ModelBase& model, const char* property) {
  expect_graph_mode(property);
  if (ends.empty()) {
    throw AttributeError(fmt::format(
        "The model \"{}\" is not built and thus has no defined inputs and outputs.", model.name()));
  }
  return ends;
}

OneOrMore<Shape> shapes_of(const KerasTensors& tensors) {
  Shapes shapes;
  for (const KerasTensor& tensor : tensors) shapes.push_back(tensor.shape());
  return OneOrMore(std::move(shapes));
}

}  // namespace

OneOrMore<KerasTensor> ModelBase::input() const {
  return OneOrMore(defined_ends(inputs(), *this, "Model.input"));
}
OneOrMore<KerasTensor> ModelBase::output() const {
  return OneOrMore(defined_ends(outputs(), *this, "Model.output"));
}
OneOrMore<Shape> ModelBase::input_shape() const {
  return shapes_of(defined_ends(inputs(), *this, "Model.input_shape"));
}
OneOrMore<Shape> ModelBase::output_shape() const {
  return shapes_of(defined_ends(outputs(), *this, "Model.output_shape"));
}

Ref<Layer> ModelBase::get_layer(const std::string& name) const {
  std::string known;
  for (const Ref<Layer>& layer : layers()) {
    if (layer->name() == name) return layer;
    known += fmt::format("{}'{}'", known.empty() ? "" : ", ", layer->name());
  }
  throw ValueError(fmt::format("No such layer: {}. Existing layers are: [{}].", name, known));
}

Ref<Layer> ModelBase::get_layer(std::size_t index) const {
  const std::vector<Ref<Layer>> all = layers();
  if (index >= all.size()) {
    throw ValueError(fmt::format("Was asked to retrieve layer at index {} but model only has {} layers.",
                                 index, all.size()));
  }
  return all[index];
}

Model::Model(const KerasTensor& input, const KerasTensor& output, const std::string& name)
    : Model(functional({input}, {output}, name, TensorStructure::Kind::single,
                       TensorStructure::Kind::single)) {}
Model::Model(const KerasTensors& inputs, const KerasTensor& output, const std::string& name)
    : Model(functional(inputs, {output}, name, TensorStructure::Kind::list, TensorStructure::Kind::single)) {}
Model::Model(const KerasTensor& input, const KerasTensors& outputs, const std::string& name)
    : Model(functional({input}, outputs, name, TensorStructure::Kind::single, TensorStructure::Kind::list)) {}
Model::Model(const KerasTensors& inputs, const KerasTensors& outputs, const std::string& name)
    : Model(functional(inputs, outputs, name, TensorStructure::Kind::list, TensorStructure::Kind::list)) {}

Sequential::Sequential(std::initializer_list<SequentialItem> layers, const std::string& name)
    : Ref(std::make_shared<SequentialModel>(SequentialOptions{.layers = layers, .name = name})) {}

Sequential::Sequential(const std::string& name)
    : Ref(std::make_shared<SequentialModel>(SequentialOptions{.name = name})) {}

}  // namespace sepal
