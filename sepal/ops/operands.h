// Checks of operands that many ops share.
#pragma once

#include <initializer_list>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// A tensor and the name that a message gives it.
struct Operand {
  const char* name;
  const Tensor& tensor;
};

/// Every defined operand has the dtype of the first, and it is a float; operands that are not defined do not
/// take part.
/// @throws TypeError otherwise; ValueError if the first operand is not defined.
void expect_one_computable_dtype(const char* op, std::initializer_list<Operand> operands);

}  // namespace sepal::ops
