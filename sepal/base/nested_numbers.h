// Numbers in nested lists of a config <-> a tensor.
#pragma once

#include "sepal/base/config.h"
#include "sepal/base/tensor.h"

namespace sepal {

/// A number for a scalar, else lists of lists, row-major.
Json nested_numbers(const Tensor& values);

/// float64.
/// @throws ValueError naming the field if the lists are not rectangular, empty or deeper than kMaxRank.
Tensor nested_numbers_from(const Json& in, const ConfigField& field);

}  // namespace sepal
