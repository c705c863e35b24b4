// The check of `axis` that the normalization layers share. Not a public header.
#pragma once

#include "sepal/base/config.h"
#include "sepal/base/shape.h"

namespace sepal {

/// @throws ValueError "Axis 3 is out of bounds for input shape (2, 5). Received: axis=3"
void expect_axes_within(const IntTuple& axis, const Shape& input_shape);

}  // namespace sepal
