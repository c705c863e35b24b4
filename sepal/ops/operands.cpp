#include "sepal/ops/operands.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal::ops {

void expect_one_computable_dtype(const char* op, std::initializer_list<Operand> operands) {
  const Operand& first = *operands.begin();
  if (!first.tensor.defined()) {
    throw ValueError(
        fmt::format("{}: argument `{}` must be a tensor. Received: an undefined tensor", op, first.name));
  }
  const DType dtype = first.tensor.dtype();
  if (!is_floating(dtype)) {
    throw TypeError(
        fmt::format("{}: argument `{}` must have a float dtype such as float32. Received: dtype={}", op,
                    first.name, name_of(dtype)));
  }
  for (const Operand& operand : operands) {
    if (!operand.tensor.defined() || operand.tensor.dtype() == dtype) continue;
    throw TypeError(fmt::format("{}: arguments `{}` and `{}` must have the same dtype. Received: {} and {}",
                                op, first.name, operand.name, name_of(dtype),
                                name_of(operand.tensor.dtype())));
  }
}

}  // namespace sepal::ops
