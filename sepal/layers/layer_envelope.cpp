#include "sepal/layers/layer_envelope.h"

#include <nlohmann/json.hpp>

#include "sepal/layers/builtin.h"

namespace sepal {
namespace {

bool is_builtin(const std::string& class_name) {
  static const std::map<std::string, LayerFactory> builtin = builtin_layers();
  return builtin.contains(class_name);
}

}  // namespace

Json layer_envelope(const Layer& layer) {
  Json envelope = Json::object();
  Json registered_name = nullptr;
  if (!layer.keras_module().empty()) {
    envelope["module"] = std::string(layer.keras_module());
    registered_name = layer.class_name();
  } else if (layer.class_name() == "Functional") {
    // Keras does not export this class, so it stands under its source module and its own name.
    envelope["module"] = "keras.src.models.functional";
    registered_name = "Functional";
  } else if (layer.class_name() == "Sequential") {
    envelope["module"] = "keras";
  } else if (is_builtin(layer.class_name())) {
    envelope["module"] = "keras.layers";
  } else {
    envelope["module"] = nullptr;
    registered_name = "Custom>" + layer.class_name();
  }
  envelope["class_name"] = layer.class_name();
  envelope["config"] = layer.get_config();
  envelope["registered_name"] = registered_name;
  if (!layer.own_weights().empty() && layer.build_shapes().size() == 1) {
    envelope["build_config"] = {{"input_shape", shape_to_json(layer.build_shapes()[0])}};
  }
  return envelope;
}

}  // namespace sepal
