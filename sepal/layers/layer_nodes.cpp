// The part of the Layer contract that is about the calls on symbolic tensors.
#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/graph/node.h"
#include "sepal/layers/layer.h"

namespace sepal {
namespace {

const CallRecord& only_call(const Layer& layer, const char* property) {
  if (layer.calls().empty()) {
    throw AttributeError(fmt::format("The layer \"{}\" has never been called and thus has no defined {}.",
                                     layer.name(), property));
  }
  if (layer.calls().size() > 1) {
    throw AttributeError(
        fmt::format("Layer \"{}\" has multiple inbound nodes, hence the notion of \"layer {}\" is "
                    "ill-defined. Use `get_{}_at(node_index)` instead.",
                    layer.name(), property, property));
  }
  return layer.calls()[0];
}

KerasTensor only_tensor(const KerasTensors& tensors, const Layer& layer, const char* property) {
  if (tensors.size() != 1) {
    throw AttributeError(
        fmt::format("Layer \"{}\" has {} {} tensors.", layer.name(), tensors.size(), property));
  }
  return tensors[0];
}

}  // namespace

KerasTensor Layer::input() const { return only_tensor(inputs_of(only_call(*this, "input")), *this, "input"); }

KerasTensor Layer::output() const {
  return only_tensor(outputs_of(only_call(*this, "output")), *this, "output");
}

}  // namespace sepal
