#include "sepal/layers/operations/operation_layer.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/operations/array_operation.h"

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
  Json positional = *args;
  Json named = Json::object();
  if (const Json* kwargs = config_find(call, owner(), "kwargs"); kwargs != nullptr && kwargs->is_object()) {
    named = *kwargs;
    for (const auto& [key, value] : named.items()) {
      if (!value.is_null()) place(key, value, positional);
    }
  }
  read_arguments(positional);
  auto stored = std::make_shared<Json>(Json{{"args", *args}, {"kwargs", std::move(named)}});
  inputs_ = references_in(*stored).size();
  call_ = std::move(stored);
}

void OperationLayer::place(const std::string& name, const Json& value, Json& positional) const {
  const std::vector<const char*> names = argument_names();
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) {
    throw UnimplementedError(fmt::format("{}: the call argument '{}' is not supported.", owner(), name));
  }
  const auto index = static_cast<std::size_t>(found - names.begin());
  while (positional.size() <= index) positional.push_back(nullptr);
  positional[index] = value;
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

void throw_operand_count(const std::string& owner, const std::string& class_name, std::size_t least,
                         std::size_t most) {
  throw TypeError(fmt::format("{}: operation {} takes {} to {} operands.", owner, class_name, least, most));
}

KerasTensor call_operation(const std::shared_ptr<OperationLayer>& operation, const Json& call,
                           const KerasTensors& inputs) {
  operation->set_call(call);
  return (*operation)(inputs, false).at(0);
}

void config_put(Json& out, const char* key, const DTypeName& dtype) {
  out[key] = dtype.name.empty() ? Json(nullptr) : Json(dtype.name);
}

void config_get(const Json& in, const ConfigField& field, DTypeName& dtype) {
  dtype.name.clear();
  if (!in.is_null()) config_get(in, field, dtype.name);
}

void config_put(Json& out, const char* key, const DataFormatName& format) {
  out[key] = format.name.empty() ? Json(nullptr) : Json(format.name);
}

void config_get(const Json& in, const ConfigField& field, DataFormatName& format) {
  format.name.clear();
  if (!in.is_null()) config_get(in, field, format.name);
}

}  // namespace sepal
