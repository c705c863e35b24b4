// The part of the Layer contract that is about the calls on symbolic tensors.
#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/graph/node.h"
#include "sepal/layers/eager_mode.h"
#include "sepal/layers/layer.h"

namespace sepal {
namespace {

// `property` as messages name it: "input", "output shape". The properties and the methods differ in their
// error.
template <class Error>
void expect_called(const Layer& layer, const char* property) {
  if (layer.calls().empty()) {
    throw Error(fmt::format("The layer \"{}\" has never been called and thus has no defined {}.",
                            layer.name(), property));
  }
}

const CallRecord& only_call(const Layer& layer, const char* property, const char* method) {
  expect_called<AttributeError>(layer, property);
  if (layer.calls().size() > 1) {
    throw AttributeError(
        fmt::format("Layer \"{}\" has multiple inbound nodes, hence the notion of \"layer {}\" is "
                    "ill-defined. Use `{}(node_index)` instead.",
                    layer.name(), property, method));
  }
  return layer.calls()[0];
}

const CallRecord& call_at(const Layer& layer, int node_index, const char* property, const char* method) {
  expect_graph_mode(method);
  expect_called<RuntimeError>(layer, property);
  const auto count = static_cast<int>(layer.calls().size());
  if (node_index < 0 || node_index >= count) {
    throw ValueError(
        fmt::format("Asked to get {} at node {}, but the layer \"{}\" has only {} inbound nodes.", property,
                    node_index, layer.name(), count));
  }
  return layer.calls()[static_cast<std::size_t>(node_index)];
}

KerasTensors masks_of(const KerasTensors& tensors) {
  KerasTensors masks;
  for (const KerasTensor& tensor : tensors) masks.push_back(tensor.mask());
  return masks;
}

Shapes shapes_of(const std::vector<std::shared_ptr<const KerasTensorData>>& tensors) {
  Shapes shapes;
  for (const auto& tensor : tensors) shapes.push_back(tensor->shape);
  return shapes;
}

Shapes input_shapes_of(const CallRecord& call) {
  // An input layer is fed, not computed: its input is its own output.
  return shapes_of(call.inputs.empty() ? call.outputs : call.inputs);
}

Shapes output_shapes_of(const CallRecord& call) { return shapes_of(call.outputs); }

// The shapes that all calls have in common.
OneOrMore<Shape> common_shapes(const Layer& layer, Shapes (*read)(const CallRecord&), const char* property,
                               const char* method) {
  expect_called<AttributeError>(layer, property);
  const Shapes first = read(layer.calls()[0]);
  for (const CallRecord& call : layer.calls()) {
    if (read(call) != first) {
      throw AttributeError(fmt::format(
          "The layer \"{0}\" has multiple inbound nodes, with different {1}s. Hence the notion of "
          "\"{1}\" is ill-defined for the layer. Use `{2}(node_index)` instead.",
          layer.name(), property, method));
    }
  }
  return OneOrMore(first);
}

}  // namespace

OneOrMore<KerasTensor> Layer::input() const {
  expect_graph_mode("Layer.input");
  return OneOrMore(inputs_of(only_call(*this, "input", "get_input_at")));
}

OneOrMore<KerasTensor> Layer::output() const {
  expect_graph_mode("Layer.output");
  return OneOrMore(outputs_of(only_call(*this, "output", "get_output_at")));
}

OneOrMore<KerasTensor> Layer::input_mask() const {
  expect_graph_mode("Layer.input_mask");
  return OneOrMore(masks_of(inputs_of(only_call(*this, "input mask", "get_input_mask_at"))));
}

OneOrMore<KerasTensor> Layer::output_mask() const {
  expect_graph_mode("Layer.output_mask");
  return OneOrMore(masks_of(outputs_of(only_call(*this, "output mask", "get_output_mask_at"))));
}

OneOrMore<Shape> Layer::input_shape() const {
  expect_graph_mode("Layer.input_shape");
  return common_shapes(*this, input_shapes_of, "input shape", "get_input_shape_at");
}

OneOrMore<Shape> Layer::output_shape() const {
  expect_graph_mode("Layer.output_shape");
  return common_shapes(*this, output_shapes_of, "output shape", "get_output_shape_at");
}

OneOrMore<KerasTensor> Layer::get_input_at(int node_index) const {
  return OneOrMore(inputs_of(call_at(*this, node_index, "input", "Layer.get_input_at")));
}

OneOrMore<KerasTensor> Layer::get_output_at(int node_index) const {
  return OneOrMore(outputs_of(call_at(*this, node_index, "output", "Layer.get_output_at")));
}

OneOrMore<KerasTensor> Layer::get_input_mask_at(int node_index) const {
  return OneOrMore(masks_of(inputs_of(call_at(*this, node_index, "input mask", "Layer.get_input_mask_at"))));
}

OneOrMore<KerasTensor> Layer::get_output_mask_at(int node_index) const {
  return OneOrMore(
      masks_of(outputs_of(call_at(*this, node_index, "output mask", "Layer.get_output_mask_at"))));
}

OneOrMore<Shape> Layer::get_input_shape_at(int node_index) const {
  return OneOrMore(input_shapes_of(call_at(*this, node_index, "input shape", "Layer.get_input_shape_at")));
}

OneOrMore<Shape> Layer::get_output_shape_at(int node_index) const {
  return OneOrMore(output_shapes_of(call_at(*this, node_index, "output shape", "Layer.get_output_shape_at")));
}

std::uint64_t Layer::graph() const {
  expect_graph_mode("Layer.graph");
  return session_;
}

}  // namespace sepal
