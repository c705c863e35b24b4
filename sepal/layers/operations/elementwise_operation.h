// Operations that work element by element: Add, Subtract, … of keras.src.ops.numpy, activation functions of
// keras.src.ops.nn.
#pragma once

#include <string_view>

#include "sepal/layers/operations/argument_tensor.h"
#include "sepal/layers/operations/operation_layer.h"

namespace sepal {

/// One row for each operation.
struct ElementwiseKind {
  /// What comes out: the dtype that the operands have in common, the same but a float, or truth values.
  enum class Result { common, floating, boolean };

  const char* module;
  const char* class_name;
  std::size_t operands;
  /// The operands are floats of one dtype, but the first `conditions`, which are bool. Comparisons also get
  /// whole numbers.
  Tensor (*compute)(const Tensors& operands);
  Result result = Result::common;
  std::size_t conditions = 0;
};

/// All rows.
const std::vector<ElementwiseKind>& elementwise_kinds();

/// @throws ValueError if there is none of this class.
const ElementwiseKind& elementwise_kind(std::string_view class_name);

/// Operands are tensors, broadcast as NumPy does, or constants.
class ElementwiseOperation : public OperationLayer {
 public:
  explicit ElementwiseOperation(const ElementwiseKind& kind, const std::string& name = {});

 protected:
  void read_arguments(const Json& args) override;
  Tensors compute(const Tensors& inputs) const override;
  Shapes compute_shapes(const Shapes& input_shapes) const override;
  DType compute_dtype(const std::vector<DType>& input_dtypes) const override;

 private:
  const ElementwiseKind& kind_;
  OperandList operands_;
};

}  // namespace sepal
