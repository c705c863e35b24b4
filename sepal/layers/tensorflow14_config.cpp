#include "sepal/layers/tensorflow14_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/base/error.h"

namespace sepal {
namespace {

struct Scaling {
  double scale;
  const char* mode;
  const char* distribution;
};

const std::map<std::string, Scaling>& scalings() {
  static const std::map<std::string, Scaling> table = {
      {"GlorotUniform", {1.0, "fan_avg", "uniform"}}, {"GlorotNormal", {1.0, "fan_avg", "normal"}},
      {"HeUniform", {2.0, "fan_in", "uniform"}},      {"HeNormal", {2.0, "fan_in", "normal"}},
      {"LecunUniform", {1.0, "fan_in", "uniform"}},   {"LecunNormal", {1.0, "fan_in", "normal"}},
  };
  return table;
}

Json initializer(const std::string& class_name, const Json& config, const std::string& dtype) {
  Json written = config;
  std::string written_class = class_name;
  if (const auto found = scalings().find(class_name); found != scalings().end()) {
    written_class = "VarianceScaling";
    written = {{"scale", found->second.scale},
               {"mode", found->second.mode},
               {"distribution", found->second.distribution},
               {"seed", config.contains("seed") ? config["seed"] : Json(nullptr)}};
  }
  for (const char* newer : {"input_axes", "output_axes"}) written.erase(newer);
  if (written.contains("distribution") && written["distribution"] == "truncated_normal") {
    written["distribution"] = "normal";
  }
  written["dtype"] = dtype;
  return {{"class_name", written_class}, {"config", written}};
}

Json regularizer(const std::string& class_name, const Json& config) {
  const auto factor = [&](const char* key) {
    return config.contains(key) ? static_cast<double>(config[key].get<float>()) : 0.0;
  };
  if (class_name == "L1" || class_name == "L2" || class_name == "L1L2") {
    return {{"class_name", "L1L2"}, {"config", {{"l1", factor("l1")}, {"l2", factor("l2")}}}};
  }
  return {{"class_name", class_name}, {"config", config}};
}

Json converted(const Json& value, const std::string& dtype) {
  if (!value.is_object() || !value.contains("class_name")) return value;
  const std::string class_name = value["class_name"];
  const Json& config = value["config"];
  const std::string module = value.contains("module") && value["module"].is_string() ? value["module"] : "";
  // A function without options is its name alone.
  if (class_name == "function") return config;
  if (module == "keras.initializers") return initializer(class_name, config, dtype);
  if (module == "keras.regularizers") return regularizer(class_name, config);
  return {{"class_name", class_name}, {"config", config}};
}

// What TensorFlow 1.4 does not write, and the value that says nothing.
bool is_newer(const std::string& class_name, const std::string& key) {
  static const std::map<std::string, std::vector<std::string>> keys = {
      {"SeparableConv2D", {"depth_multiplier", "dilation_rate"}},
      {"Conv1D", {"groups"}},
      {"Conv2D", {"groups"}},
      {"Conv3D", {"groups"}},
      {"BatchNormalization", {"synchronized", "renorm", "renorm_clipping", "renorm_momentum"}},
      {"Dense", {"quantization_config"}},
  };
  const auto found = keys.find(class_name);
  if (found == keys.end()) return false;
  return std::find(found->second.begin(), found->second.end(), key) != found->second.end();
}

bool is_plain(const std::string& key, const Json& value) {
  if (value.is_null() || value == false || value == 1) return true;
  // Read only where renorm is true.
  if (key == "renorm_momentum") return true;
  if (!value.is_array()) return false;
  return std::all_of(value.begin(), value.end(), [](const Json& item) { return item == 1; });
}

}  // namespace

Json tensorflow14_config(const Layer& layer) {
  const Json config = layer.get_config();
  const std::string dtype(name_of(layer.dtype()));
  Json result = Json::object();
  for (const auto& [key, value] : config.items()) {
    if (is_newer(layer.class_name(), key)) {
      if (!is_plain(key, value)) {
        throw ValueError(fmt::format(
            "Layer '{}', field '{}': TensorFlow 1.4 does not write this option, so it would be lost. Received: {}",
            layer.name(), key, value.dump()));
      }
      continue;
    }
    if (key == "dtype") {
      if (layer.batch_input_shape()) result["batch_input_shape"] = shape_to_json(*layer.batch_input_shape());
      result[key] = dtype;
    } else {
      result[key] = converted(value, dtype);
    }
  }
  return result;
}

}  // namespace sepal
