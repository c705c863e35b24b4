#include "sepal/layers/operations/operation_layer.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"

namespace sepal {
namespace {

// Visits every tensor reference of `call`, depth first.
template <class J, class Visit>
void visit_references(J& value, const Visit& visit) {
  if (is_tensor_reference(value)) {
    visit(value);
  } else if (value.is_structured()) {
    for (auto& item : value) visit_references(item, visit);
  }
}

}  // namespace

bool is_tensor_reference(const Json& argument) {
  if (!argument.is_object()) return false;
  const auto found = argument.find("class_name");
  return found != argument.end() && *found == "__keras_tensor__";
}

OperationLayer::OperationLayer(std::string module, std::string class_name, const std::string& name)
    : Layer(std::move(class_name), {.name = name}), module_(std::move(module)) {
  set_drops_masks(true);
}

std::string OperationLayer::owner() const { return fmt::format("layer '{}'", name()); }

Json OperationLayer::get_config() const {
  Json config = Json::object();
  config_put(config, "name", name());
  put_config(config);
  return config;
}

std::vector<const Json*> OperationLayer::references_in(const Json& call) {
  std::vector<const Json*> references;
  visit_references(call, [&](const Json& reference) { references.push_back(&reference); });
  return references;
}

void OperationLayer::set_call(const Json& call) {
  if (call_) throw RuntimeError(fmt::format("{}: an operation has one call only.", owner()));
  const Json* args = config_find(call, owner(), "args");
  if (args == nullptr || !args->is_array()) {
    throw TypeError(fmt::format("{}: expected a call with a list \"args\".", owner()));
  }
  Json idle = Json::object();
  if (const Json* kwargs = config_find(call, owner(), "kwargs"); kwargs != nullptr && kwargs->is_object()) {
    for (const auto& [key, value] : kwargs->items()) {
      if (!value.is_null()) {
        throw UnimplementedError(fmt::format("{}: the call argument '{}' is not supported.", owner(), key));
      }
    }
    idle = *kwargs;
  }
  read_arguments(*args);
  auto stored = std::make_shared<Json>(Json{{"args", *args}, {"kwargs", std::move(idle)}});
  inputs_ = references_in(*stored).size();
  call_ = std::move(stored);
}

Json OperationLayer::call_with(const Json& references) const {
  Json call = call_ ? *call_ : Json{{"args", references}, {"kwargs", Json::object()}};
  std::size_t next = 0;
  if (call_) visit_references(call, [&](Json& reference) { reference = references.at(next++); });
  return call;
}

void OperationLayer::expect_tensors_only(const Json& args, bool list) const {
  bool fits = args.size() == 1;
  if (fits && list) {
    fits = args[0].is_array() && !args[0].empty();
    for (const Json& item : fits ? args[0] : Json::array()) fits = fits && is_tensor_reference(item);
  } else if (fits) {
    fits = is_tensor_reference(args[0]);
  }
  if (!fits) {
    throw TypeError(fmt::format("{}: expected a call with one {} as its only argument.", owner(),
                                list ? "list of tensors" : "tensor"));
  }
}

void OperationLayer::expect_input_count(std::size_t count) const {
  if (!call_ || count != inputs_) {
    throw ValueError(fmt::format("Layer \"{}\" expects {} input(s), but it received {} input tensors.",
                                 name(), inputs_, count));
  }
}

void OperationLayer::build_all(const Shapes& input_shapes) { expect_input_count(input_shapes.size()); }

Tensors OperationLayer::call_all(const Tensors& inputs, const CallContext&) { return compute(inputs); }

Shapes OperationLayer::compute_output_shapes(const Shapes& input_shapes) {
  expect_input_count(input_shapes.size());
  return compute_shapes(input_shapes);
}

std::vector<DType> OperationLayer::compute_output_dtypes(const std::vector<DType>& input_dtypes,
                                                         std::size_t outputs) {
  return std::vector<DType>(outputs, compute_dtype(input_dtypes));
}

KerasTensor call_operation(const std::shared_ptr<OperationLayer>& operation, const Json& call,
                           const KerasTensors& inputs) {
  operation->set_call(call);
  return (*operation)(inputs, false).at(0);
}

}  // namespace sepal
