// What the backward functions of the convolutions share. Not a public header.
#pragma once

#include <initializer_list>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// For each operand whether a tape follows it now: whether its gradient will be asked for.
std::vector<bool> followed(std::initializer_list<std::reference_wrapper<const Tensor>> operands);

/// An uninitialised tensor of the operand's shape and dtype if `wanted`, else not defined.
Tensor gradient_slot(const Tensor& operand, bool wanted);

/// A second derivative through `gradients` (those defined) is an error, not zero.
void record_once_differentiable(const char* op, const Tensors& inputs, const Tensors& gradients);

}  // namespace sepal::ops
