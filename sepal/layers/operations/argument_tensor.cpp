#include "sepal/layers/operations/argument_tensor.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/nested_numbers.h"
#include "sepal/layers/operations/operation_layer.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

using Kind = ConstantArgument::Kind;

// Larger for what takes the other in.
int rank_of(DType dtype) {
  switch (dtype) {
    case DType::boolean:
      return 0;
    case DType::int8:
    case DType::uint8:
      return 1;
    case DType::int16:
    case DType::uint16:
      return 2;
    case DType::int32:
    case DType::uint32:
      return 3;
    case DType::int64:
    case DType::uint64:
      return 4;
    case DType::float16:
    case DType::bfloat16:
      return 5;
    case DType::float32:
      return 6;
    case DType::float64:
      return 7;
  }
  return 7;
}

bool is_unsigned(DType dtype) {
  return dtype == DType::uint8 || dtype == DType::uint16 || dtype == DType::uint32 || dtype == DType::uint64;
}

// The signed type that holds what an unsigned one of this rank holds.
DType signed_above(int rank) {
  if (rank >= 4) return DType::float32;
  return rank == 3 ? DType::int64 : rank == 2 ? DType::int32 : DType::int16;
}

// A bare number lets the tensors decide, as long as they can hold it.
DType with_number(DType tensors, Kind kind) {
  if (is_floating(tensors) || kind == Kind::truth_value) return tensors;
  if (kind == Kind::number) return floatx();
  return tensors == DType::boolean ? DType::int32 : tensors;
}

}  // namespace

DType promoted(DType a, DType b) {
  if (a == b) return a;
  const int rank_a = rank_of(a);
  const int rank_b = rank_of(b);
  // float16 and bfloat16
  if (rank_a == rank_b && is_floating(a)) return DType::float32;
  if (rank_a == rank_b) return signed_above(rank_a);
  const DType wider = rank_a > rank_b ? a : b;
  const DType narrower = rank_a > rank_b ? b : a;
  const bool loses_sign = is_unsigned(wider) && !is_unsigned(narrower) && narrower != DType::boolean;
  return loses_sign ? signed_above(rank_of(wider)) : wider;
}

ConstantArgument constant_argument_from(const Json& argument, const ConfigField& field) {
  if (argument.is_null()) return {Kind::none, Tensor()};
  if (argument.is_boolean()) {
    return {Kind::truth_value, Tensor::scalar(argument.get<bool>() ? 1.0 : 0.0, DType::float64)};
  }
  if (argument.is_number_integer()) return {Kind::whole_number, nested_numbers_from(argument, field)};
  if (!argument.is_object()) return {Kind::number, nested_numbers_from(argument, field)};
  const Json* class_name = config_find(argument, field.owner, "class_name");
  const Json* config = config_find(argument, field.owner, "config");
  const bool is_array = class_name != nullptr && (*class_name == "__tensor__" || *class_name == "__numpy__");
  if (!is_array || config == nullptr || !config->is_object() || !config->contains("value")) {
    throw UnimplementedError(
        fmt::format("{}: expected a tensor, a number or an array among the call's arguments.", field.owner));
  }
  Tensor value = nested_numbers_from((*config)["value"], field);
  const Json* dtype = config_find(*config, field.owner, "dtype");
  if (dtype == nullptr || !dtype->is_string()) return {Kind::number, std::move(value)};
  return {Kind::array, value.astype(dtype_from_name(dtype->get<std::string>()))};
}

OperandList::OperandList(const Json& args, const std::string& owner) {
  for (const Json& argument : args) {
    constants_.push_back(is_tensor_reference(argument)
                             ? std::nullopt
                             : std::optional(constant_argument_from(argument, {owner, "args"})));
  }
  if (std::all_of(constants_.begin(), constants_.end(), [](const auto& c) { return c.has_value(); })) {
    throw ValueError(fmt::format("{}: expected at least one tensor among the call's arguments.", owner));
  }
}

DType OperandList::common_dtype(const std::vector<DType>& tensor_dtypes, std::size_t conditions,
                                std::size_t end) const {
  std::optional<DType> known;
  std::size_t next = 0;
  const std::size_t count = std::min(end, constants_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& constant = constants_[i];
    if (constant && constant->kind != Kind::array) continue;
    const DType dtype = constant ? constant->value.dtype() : tensor_dtypes.at(next++);
    if (i >= conditions) known = known ? promoted(*known, dtype) : dtype;
  }
  DType dtype = known.value_or(DType::boolean);
  for (std::size_t i = conditions; i < count; ++i) {
    const auto& constant = constants_[i];
    if (constant && constant->kind != Kind::array && constant->kind != Kind::none)
      dtype = with_number(dtype, constant->kind);
  }
  return dtype;
}

Tensors OperandList::joined(const Tensors& tensors) const {
  Tensors operands;
  std::size_t next = 0;
  for (const auto& constant : constants_) operands.push_back(constant ? constant->value : tensors.at(next++));
  return operands;
}

Tensors OperandList::joined(const Tensors& tensors, DType dtype, std::size_t conditions) const {
  Tensors operands = joined(tensors);
  for (std::size_t i = 0; i < operands.size(); ++i) {
    if (operands[i].defined()) operands[i] = ops::cast(operands[i], i < conditions ? DType::boolean : dtype);
  }
  return operands;
}

Shapes OperandList::joined_shapes(const Shapes& tensor_shapes) const {
  Shapes shapes;
  std::size_t next = 0;
  for (const auto& constant : constants_) {
    if (!constant) {
      shapes.push_back(tensor_shapes.at(next++));
    } else {
      shapes.push_back(constant->value.defined() ? constant->value.shape() : Shape{});
    }
  }
  return shapes;
}

}  // namespace sepal
