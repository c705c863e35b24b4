// The envelope of a layer in a model's config: {"module", "class_name", "config", "registered_name",
// "build_config"}.
#pragma once

#include <string>

#include "sepal/layers/layer.h"

namespace sepal {

Json layer_envelope(const Layer& layer);

/// Lists with null for kNone.
Json shape_to_json(const Shape& shape);
/// @throws ValueError naming `where` if it is not a list of lengths.
Shape shape_from_json(const Json& value, const std::string& where);

}  // namespace sepal
