// Rows of a table by their numbers, the numbers being a tensor (keras.ops.take along axis 0).
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// table (rows, …), indices of any shape and a whole-number dtype: result (indices.shape…, …). Differentiable
/// in `table` (float32, float64), to any order: rows named several times add up, in the order of the indices.
/// @throws TypeError if indices are not whole numbers, InvalidArgumentError naming an index outside of
/// [0, rows).
Tensor take(const Tensor& table, const Tensor& indices);

}  // namespace sepal::ops
