#include "sepal/layers/registry.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/builtin.h"

namespace sepal {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, LayerFactory> factories = builtin_layers();
};

Registry& registry() {
  static Registry instance;
  return instance;
}

bool is_idle(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value.get<double>() == 0.0;
  return value.empty();
}

}  // namespace

void register_layer(const std::string& class_name, LayerFactory factory) {
  Registry& layers = registry();
  const std::lock_guard lock(layers.mutex);
  layers.factories[class_name] = std::move(factory);
}

bool is_registered_layer(const std::string& class_name) {
  Registry& layers = registry();
  const std::lock_guard lock(layers.mutex);
  return layers.factories.contains(class_name);
}

std::vector<std::string> registered_layers() {
  Registry& layers = registry();
  const std::lock_guard lock(layers.mutex);
  std::vector<std::string> names;
  for (const auto& [name, factory] : layers.factories) names.push_back(name);
  return names;
}

std::string owner_of_config(const Json& config, const std::string& nameless) {
  const auto name = config.is_object() ? config.find("name") : config.end();
  const bool is_named = name != config.end() && name->is_string();
  return is_named ? fmt::format("layer '{}'", name->get<std::string>()) : nameless;
}

std::shared_ptr<Layer> layer_from_config(const std::string& class_name, const Json& config) {
  const std::string owner = owner_of_config(config, fmt::format("{} layer", class_name));
  LayerFactory factory;
  {
    Registry& layers = registry();
    const std::lock_guard lock(layers.mutex);
    const auto found = layers.factories.find(class_name);
    if (found != layers.factories.end()) factory = found->second;
  }
  if (!factory) {
    if (class_name == "Lambda") {
      throw ValueError(fmt::format("{}: class 'Lambda' holds Python code, which is never executed.", owner));
    }
    throw ValueError(
        fmt::format("{}: class '{}' is not known. A class of your own is made loadable by "
                    "`register_layer(\"{}\", …)`.",
                    owner, class_name, class_name));
  }
  return factory(config, owner);
}

std::shared_ptr<Layer> layer_from_envelope(const Json& envelope, const std::string& owner) {
  const Json* class_name = config_find(envelope, owner, "class_name");
  const Json* config = config_find(envelope, owner, "config");
  if (class_name == nullptr || !class_name->is_string() || config == nullptr) {
    throw ValueError(fmt::format("{}: expected an object with \"class_name\" and \"config\".", owner));
  }
  std::string key = class_name->get<std::string>();
  // Operations share names of classes with layers: their rows name the module too.
  if (const Json* module = config_find(envelope, owner, "module"); module != nullptr && module->is_string()) {
    const std::string long_key = module->get<std::string>() + ">" + key;
    if (is_registered_layer(long_key)) key = long_key;
  }
  std::shared_ptr<Layer> layer = layer_from_config(key, *config);
  // What Keras 3 wrote, it also runs.
  layer->set_drops_masks(true);
  return layer;
}

void expect_no_empty_name(const Json& config, const std::string& owner) {
  if (config.is_object() && config.value("name", Json()) == "") {
    throw ValueError(fmt::format(
        "{}: argument `name` must not be empty; null asks for an automatic name. Received: name=''", owner));
  }
}

void expect_idle_keys(const Json& config, const std::string& owner, const std::vector<const char*>& keys) {
  for (const char* key : keys) {
    const Json* value = config_find(config, owner, key);
    if (value != nullptr && !is_idle(*value)) {
      throw UnimplementedError(
          fmt::format("{}, field '{}': this option is not supported; expected it to be absent "
                      "or null.",
                      owner, key));
    }
  }
}

}  // namespace sepal
