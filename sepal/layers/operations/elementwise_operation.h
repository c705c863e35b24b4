// Operations that work element by element: Add, Subtract, … of keras.src.ops.numpy, activation functions of
// keras.src.ops.nn.
#pragma once

#include <optional>

#include "sepal/layers/operations/operation_layer.h"

namespace sepal {

/// One row for each operation.
struct ElementwiseKind {
  const char* module;
  const char* class_name;
  std::size_t operands;
  Tensor (*compute)(const Tensors& operands);
};

/// All rows.
const std::vector<ElementwiseKind>& elementwise_kinds();

/// @throws ValueError if there is none of this class.
const ElementwiseKind& elementwise_kind(std::string_view class_name);

/// Operands are tensors, broadcast as NumPy does, or constants: numbers, and arrays ("__tensor__" with a
/// nested list "value"), which take the dtype of the first tensor.
class ElementwiseOperation : public OperationLayer {
 public:
  explicit ElementwiseOperation(const ElementwiseKind& kind, const std::string& name = {});

 protected:
  void read_arguments(const Json& args) override;
  Tensor compute(const Tensors& inputs) const override;
  Shape compute_shape(const Shapes& input_shapes) const override;

 private:
  const ElementwiseKind& kind_;
  // Not defined: the next tensor of the call.
  Tensors constants_;
};

}  // namespace sepal
