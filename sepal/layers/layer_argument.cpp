#include "sepal/layers/layer_argument.h"

#include <nlohmann/json.hpp>

#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/registry.h"

namespace sepal {

void config_put(Json& out, const char* key, const Ref<Layer>& layer) { out[key] = layer_envelope(*layer); }

void config_get(const Json& in, const ConfigField& field, Ref<Layer>& layer) {
  layer = Ref<Layer>(layer_from_envelope(in, field.str()));
}

}  // namespace sepal
