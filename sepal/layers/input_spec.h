// InputSpec: what a layer demands of an input's shape (keras.layers.InputSpec).
#pragma once

#include <map>
#include <optional>
#include <string>

#include "sepal/base/shape.h"

namespace sepal {

struct InputSpec {
  std::optional<int> ndim = {};
  std::optional<int> min_ndim = {};
  /// Axis (negative from the end) -> required length.
  std::map<int, std::int64_t> axes = {};
};

/// @throws ValueError in Keras's words: 'Input 0 of layer "conv" is incompatible with the layer: expected
/// ndim=4, found ndim=3. Full shape received: (5, 5, 3)'.
void check_input_spec(const InputSpec& spec, const Shape& shape, std::size_t input_index,
                      const std::string& layer_name);

}  // namespace sepal
