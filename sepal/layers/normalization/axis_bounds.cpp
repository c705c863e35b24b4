#include "sepal/layers/normalization/axis_bounds.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal {

void expect_axes_within(const IntTuple& axis, const Shape& input_shape) {
  for (const std::int64_t value : axis.values()) {
    if (value < input_shape.rank() && value >= -input_shape.rank()) continue;
    throw ValueError(fmt::format("Axis {} is out of bounds for input shape {}. Received: axis={}", value,
                                 input_shape.str(), axis.str()));
  }
}

}  // namespace sepal
