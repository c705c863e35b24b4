#include "sepal/layers/input_spec.h"

#include <fmt/format.h>

#include "sepal/base/error.h"

namespace sepal {

void check_input_spec(const InputSpec& spec, const Shape& shape, std::size_t input_index,
                      const std::string& layer_name) {
  const std::string start =
      fmt::format("Input {} of layer \"{}\" is incompatible with the layer: ", input_index, layer_name);
  if (spec.ndim && shape.rank() != *spec.ndim) {
    throw ValueError(fmt::format("{}expected ndim={}, found ndim={}. Full shape received: {}", start,
                                 *spec.ndim, shape.rank(), shape.str()));
  }
  if (spec.min_ndim && shape.rank() < *spec.min_ndim) {
    throw ValueError(fmt::format("{}expected min_ndim={}, found ndim={}. Full shape received: {}", start,
                                 *spec.min_ndim, shape.rank(), shape.str()));
  }
  for (const auto& [axis, length] : spec.axes) {
    const bool exists = axis < 0 ? -axis <= shape.rank() : axis < shape.rank();
    if (!exists || (shape[axis] != kNone && shape[axis] != length)) {
      throw ValueError(
          fmt::format("{}expected axis {} of input shape to have value {}, but received input with "
                      "shape {}",
                      start, axis, length, shape.str()));
    }
  }
}

}  // namespace sepal
