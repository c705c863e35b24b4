#include "sepal/layers/tensorflow14_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"

namespace sepal {
namespace {

// What TensorFlow 1.4 does not write, and the value that says nothing.
bool is_newer(const std::string& class_name, const std::string& key) {
  static const std::map<std::string, std::vector<std::string>> keys = {
      {"SeparableConv2D", {"depth_multiplier", "dilation_rate"}},
      {"Conv1D", {"groups"}},
      {"Conv2D", {"groups"}},
      {"Conv3D", {"groups"}},
      {"BatchNormalization", {"synchronized", "renorm", "renorm_clipping", "renorm_momentum"}},
      {"Dense", {"quantization_config"}},
      {"Dropout", {"seed", "noise_shape"}},
      {"Flatten", {"data_format"}},
      {"GlobalAveragePooling1D", {"keepdims"}},
      {"GlobalAveragePooling2D", {"keepdims"}},
      {"GlobalAveragePooling3D", {"keepdims"}},
      {"GlobalMaxPooling1D", {"keepdims"}},
      {"GlobalMaxPooling2D", {"keepdims"}},
      {"GlobalMaxPooling3D", {"keepdims"}},
  };
  const auto found = keys.find(class_name);
  if (found == keys.end()) return false;
  return std::find(found->second.begin(), found->second.end(), key) != found->second.end();
}

bool is_plain(const std::string& key, const Json& value) {
  if (value.is_null() || value == false || value == 1 || value == "channels_last") return true;
  // The default, written whether there is renorm or not.
  if (key == "renorm_momentum") return value == 0.99;
  if (!value.is_array()) return false;
  return std::all_of(value.begin(), value.end(), [](const Json& item) { return item == 1; });
}

// TensorFlow 1.4 writes it for these classes even if there is none; Keras 3 only where there is one.
bool always_has_activity_regularizer(const std::string& class_name) {
  return class_name == "Dense" || class_name.find("Conv") != std::string::npos;
}

}  // namespace

Json without_later_keys(const Layer& layer, const Json& config) {
  Json result = Json::object();
  for (const auto& [key, value] : config.items()) {
    if (key == "dtype") {
      if (layer.batch_input_shape()) result["batch_input_shape"] = shape_to_json(*layer.batch_input_shape());
      result[key] = std::string(name_of(layer.dtype()));
    } else if (!is_newer(layer.class_name(), key)) {
      result[key] = value;
    } else if (!is_plain(key, value)) {
      throw ValueError(
          fmt::format("Layer '{}', field '{}': TensorFlow 1.4 does not write this option, so it would be "
                      "lost. Received: {}",
                      layer.name(), key, value.dump()));
    }
  }
  if (always_has_activity_regularizer(layer.class_name()) && !result.contains("activity_regularizer")) {
    result["activity_regularizer"] = nullptr;
  }
  return result;
}

Json tensorflow14_config(const Layer& layer) {
  const CompatibilityScope scope(Compatibility::tf14);
  return layer.get_config();
}

}  // namespace sepal
