#include "sepal/layers/operations/elementwise_operation.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/nested_numbers.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/power.h"

namespace sepal {
namespace {

constexpr const char* kNumpy = "keras.src.ops.numpy";
constexpr const char* kNn = "keras.src.ops.nn";

using Unary = Tensor (*)(const Tensor&);
using Binary = Tensor (*)(const Tensor&, const Tensor&);

template <Unary kFunction>
Tensor unary(const Tensors& operands) {
  return kFunction(operands[0]);
}

template <Binary kFunction>
Tensor binary(const Tensors& operands) {
  return kFunction(operands[0], operands[1]);
}

// A number, or {"class_name": "__tensor__" or "__numpy__", "config": {"value": …}}.
Tensor constant_from(const Json& argument, const ConfigField& field) {
  if (!argument.is_object()) return nested_numbers_from(argument, field);
  const Json* class_name = config_find(argument, field.owner, "class_name");
  const Json* config = config_find(argument, field.owner, "config");
  const bool is_array = class_name != nullptr && (*class_name == "__tensor__" || *class_name == "__numpy__");
  if (!is_array || config == nullptr || !config->is_object() || !config->contains("value")) {
    throw UnimplementedError(
        fmt::format("{}: expected a tensor, a number or an array among the call's arguments.", field.owner));
  }
  return nested_numbers_from((*config)["value"], field);
}

}  // namespace

const std::vector<ElementwiseKind>& elementwise_kinds() {
  static const std::vector<ElementwiseKind> kinds = {
      {kNumpy, "Absolute", 1, &unary<ops::abs>},
      {kNumpy, "Abs", 1, &unary<ops::abs>},
      {kNumpy, "Add", 2, &binary<ops::add>},
      {kNumpy, "Divide", 2, &binary<ops::divide>},
      {kNumpy, "Exp", 1, &unary<ops::exp>},
      {kNumpy, "Log", 1, &unary<ops::log>},
      {kNumpy, "Maximum", 2, &binary<ops::maximum>},
      {kNumpy, "Minimum", 2, &binary<ops::minimum>},
      {kNumpy, "Multiply", 2, &binary<ops::multiply>},
      {kNumpy, "Negative", 1, &unary<ops::negative>},
      {kNumpy, "Power", 2, &binary<ops::power>},
      {kNumpy, "Sign", 1, &unary<ops::sign>},
      {kNumpy, "Sqrt", 1, &unary<ops::sqrt>},
      {kNumpy, "Square", 1, &unary<ops::square>},
      {kNumpy, "Subtract", 2, &binary<ops::subtract>},
      {kNumpy, "Tanh", 1, &unary<ops::tanh>},
      {kNumpy, "TrueDivide", 2, &binary<ops::divide>},
      {kNn, "HardSigmoid", 1, &unary<ops::hard_sigmoid>},
      {kNn, "HardSilu", 1, &unary<ops::hard_silu>},
      {kNn, "Relu", 1, [](const Tensors& x) { return ops::relu(x[0]); }},
      {kNn, "Relu6", 1, &unary<ops::relu6>},
      {kNn, "Selu", 1, &unary<ops::selu>},
      {kNn, "Sigmoid", 1, &unary<ops::sigmoid>},
      {kNn, "Silu", 1, &unary<ops::silu>},
      {kNn, "Softplus", 1, &unary<ops::softplus>},
      {kNn, "Softsign", 1, &unary<ops::softsign>},
  };
  return kinds;
}

const ElementwiseKind& elementwise_kind(std::string_view class_name) {
  for (const ElementwiseKind& kind : elementwise_kinds()) {
    if (kind.class_name == class_name) return kind;
  }
  throw ValueError(fmt::format("There is no elementwise operation '{}'.", class_name));
}

ElementwiseOperation::ElementwiseOperation(const ElementwiseKind& kind, const std::string& name)
    : OperationLayer(kind.module, kind.class_name, name), kind_(kind) {}

void ElementwiseOperation::read_arguments(const Json& args) {
  if (args.size() != kind_.operands) {
    throw TypeError(fmt::format("{}: operation {} takes {} argument(s). Received: {}", owner(), class_name(),
                                kind_.operands, args.size()));
  }
  Tensors constants;
  for (const Json& argument : args) {
    constants.push_back(is_tensor_reference(argument) ? Tensor()
                                                      : constant_from(argument, {owner(), "args"}));
  }
  if (std::all_of(constants.begin(), constants.end(), [](const Tensor& t) { return t.defined(); })) {
    throw ValueError(fmt::format("{}: expected at least one tensor among the call's arguments.", owner()));
  }
  constants_ = std::move(constants);
}

Tensor ElementwiseOperation::compute(const Tensors& inputs) const {
  const DType dtype = inputs.at(0).dtype();
  Tensors operands;
  std::size_t next = 0;
  for (const Tensor& constant : constants_)
    operands.push_back(constant.defined() ? constant.astype(dtype) : inputs.at(next++));
  return kind_.compute(operands);
}

Shape ElementwiseOperation::compute_shape(const Shapes& input_shapes) const {
  Shape shape;
  std::size_t next = 0;
  for (const Tensor& constant : constants_)
    shape = broadcast_shapes(shape, constant.defined() ? constant.shape() : input_shapes.at(next++));
  return shape;
}

}  // namespace sepal
