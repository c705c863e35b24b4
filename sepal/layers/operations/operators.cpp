#include "sepal/layers/operations/operators.h"

#include <nlohmann/json.hpp>

#include "sepal/base/nested_numbers.h"
#include "sepal/layers/operations/elementwise_operation.h"

namespace sepal {
namespace {

const Json kTensor = {{"class_name", "__keras_tensor__"}};

Json argument(const KerasTensor&, DType) { return kTensor; }

// Keras writes a number as it is and an array with its dtype, which takes part in that of the result.
Json argument(const Constant& constant, DType dtype) {
  if (constant.value.rank() == 0) return nested_numbers(constant.value);
  const Tensor array = is_floating(dtype) ? constant.value.astype(dtype) : constant.value;
  return {{"class_name", "__tensor__"},
          {"config", {{"value", nested_numbers(array)}, {"dtype", std::string(name_of(array.dtype()))}}}};
}

KerasTensor call(const char* class_name, Json args, const KerasTensors& inputs) {
  return call_operation(std::make_shared<ElementwiseOperation>(elementwise_kind(class_name)),
                        {{"args", std::move(args)}, {"kwargs", Json::object()}}, inputs);
}

template <class A, class B>
KerasTensor binary(const char* class_name, const A& a, const B& b) {
  KerasTensors inputs;
  if constexpr (std::is_same_v<A, KerasTensor>) inputs.push_back(a);
  if constexpr (std::is_same_v<B, KerasTensor>) inputs.push_back(b);
  const DType dtype = inputs[0].dtype();
  return call(class_name, Json::array({argument(a, dtype), argument(b, dtype)}), inputs);
}

}  // namespace

KerasTensor operator+(const KerasTensor& a, const KerasTensor& b) { return binary("Add", a, b); }
KerasTensor operator+(const KerasTensor& a, const Constant& b) { return binary("Add", a, b); }
KerasTensor operator+(const Constant& a, const KerasTensor& b) { return binary("Add", a, b); }
KerasTensor operator-(const KerasTensor& a, const KerasTensor& b) { return binary("Subtract", a, b); }
KerasTensor operator-(const KerasTensor& a, const Constant& b) { return binary("Subtract", a, b); }
KerasTensor operator-(const Constant& a, const KerasTensor& b) { return binary("Subtract", a, b); }
KerasTensor operator*(const KerasTensor& a, const KerasTensor& b) { return binary("Multiply", a, b); }
KerasTensor operator*(const KerasTensor& a, const Constant& b) { return binary("Multiply", a, b); }
KerasTensor operator*(const Constant& a, const KerasTensor& b) { return binary("Multiply", a, b); }
KerasTensor operator/(const KerasTensor& a, const KerasTensor& b) { return binary("TrueDivide", a, b); }
KerasTensor operator/(const KerasTensor& a, const Constant& b) { return binary("TrueDivide", a, b); }
KerasTensor operator/(const Constant& a, const KerasTensor& b) { return binary("TrueDivide", a, b); }
KerasTensor operator-(const KerasTensor& a) { return elementwise("Negative", {a}); }

KerasTensor elementwise(const char* class_name, const KerasTensors& operands) {
  Json args = Json::array();
  for (std::size_t i = 0; i < operands.size(); ++i) args.push_back(kTensor);
  return call(class_name, std::move(args), operands);
}

KerasTensor elementwise(const char* class_name, const KerasTensor& a, const Constant& b) {
  return binary(class_name, a, b);
}

}  // namespace sepal
