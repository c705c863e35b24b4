// The envelope of a layer in a config: {"module", "class_name", "config", "registered_name", "build_config"}.
#pragma once

#include "sepal/layers/layer.h"

namespace sepal {

Json layer_envelope(const Layer& layer);

}  // namespace sepal
