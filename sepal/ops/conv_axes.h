// What the ops over one, two or three spatial axes share: checking their number, and giving a single axis a
// height of 1. Not a public header.
#pragma once

#include "sepal/ops/conv_nd.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {

/// The number of spatial axes.
/// @throws ValueError unless the options have the same number of entries, 1 to `most`, and every operand two
/// axes more; as expect_one_computable_dtype.
std::size_t checked_spatial_axes(const char* op, std::initializer_list<Operand> operands,
                                 const ConvOptions& options, std::size_t most);

/// The options of the last two axes; a single axis is the width.
Conv2DOptions plane_options(const ConvOptions& options);

/// (n, length, c) -> (n, 1, length, c), or (n, c, length) -> (n, c, 1, length).
Tensor with_height(const Tensor& x, bool channels_first);
/// The way back.
Tensor without_height(const Tensor& x, bool channels_first);
/// (k, c, f) -> (1, k, c, f).
Tensor kernel_with_height(const Tensor& kernel);

}  // namespace sepal::ops
