#include "sepal/ops/conv_gradients.h"

#include "sepal/autodiff/gradient_tape.h"

namespace sepal::ops {

std::vector<bool> followed(std::initializer_list<std::reference_wrapper<const Tensor>> operands) {
  std::vector<bool> result;
  for (const Tensor& operand : operands) {
    result.push_back(operand.defined() && GradientTape::is_recording({operand}));
  }
  return result;
}

Tensor gradient_slot(const Tensor& operand, bool wanted) {
  return wanted ? Tensor(operand.shape(), operand.dtype()) : Tensor();
}

void record_once_differentiable(const char* op, const Tensors& inputs, const Tensors& gradients) {
  if (!GradientTape::is_recording(inputs)) return;
  Tensors outputs;
  for (const Tensor& gradient : gradients) {
    if (gradient.defined()) outputs.push_back(gradient);
  }
  GradientTape::record_not_differentiable(op, inputs, outputs);
}

}  // namespace sepal::ops
