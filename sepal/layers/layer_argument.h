// A layer as an argument of another one: its envelope in configs.
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// @throws TypeError, ValueError as layer_from_envelope.
void config_put(Json& out, const char* key, const Ref<Layer>& layer);
void config_get(const Json& in, const ConfigField& field, Ref<Layer>& layer);

}  // namespace sepal
