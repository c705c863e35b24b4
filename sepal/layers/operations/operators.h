// Arithmetic on symbolic tensors, as in Python: `(a + b) * 0.5`, `1.0 - a`, `-a`. Each makes a call of an
// operation (operation_layer.h), as keras.KerasTensor's operators do.
#pragma once

#include "sepal/base/tensor.h"
#include "sepal/graph/keras_tensor.h"

namespace sepal {

/// A number or an array of numbers between symbolic tensors; takes their dtype.
struct Constant {
  Constant(double number) : value(Tensor::scalar(number, DType::float64)) {}  // NOLINT
  Constant(Tensor array) : value(std::move(array)) {}                         // NOLINT
  Tensor value;
};

/// @throws ValueError if shapes do not broadcast.
KerasTensor operator+(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator+(const KerasTensor& a, const Constant& b);
KerasTensor operator+(const Constant& a, const KerasTensor& b);
KerasTensor operator-(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator-(const KerasTensor& a, const Constant& b);
KerasTensor operator-(const Constant& a, const KerasTensor& b);
KerasTensor operator*(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator*(const KerasTensor& a, const Constant& b);
KerasTensor operator*(const Constant& a, const KerasTensor& b);
KerasTensor operator/(const KerasTensor& a, const KerasTensor& b);
KerasTensor operator/(const KerasTensor& a, const Constant& b);
KerasTensor operator/(const Constant& a, const KerasTensor& b);
KerasTensor operator-(const KerasTensor& a);

/// The operation of this class of Keras on tensors ("Exp", "Maximum", …; see elementwise_operation.h).
/// @throws ValueError if there is none, or it takes another number of operands.
KerasTensor elementwise(const char* class_name, const KerasTensors& operands);
/// The second operand a constant: `elementwise("Power", x, 2.0)`.
KerasTensor elementwise(const char* class_name, const KerasTensor& a, const Constant& b);

}  // namespace sepal
