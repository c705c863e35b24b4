#include "sepal/layers/registry.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <set>

#include "sepal/base/error.h"
#include "sepal/layers/builtin.h"

namespace sepal {
namespace {

struct Registry {
  std::mutex mutex;
  std::map<std::string, LayerFactory> factories = builtin_layers();
  std::set<std::string> own;  // names that `register_layer` was called for
};

Registry& registry() {
  static Registry instance;
  return instance;
}

constexpr std::size_t kMostNameBytes = 4096;

std::string text_at(const Json& envelope, const std::string& owner, const char* key) {
  const Json* value = config_find(envelope, owner, key);
  return value != nullptr && value->is_string() ? value->get<std::string>() : std::string();
}

// Whether an envelope means somebody's own class, which may have the name of one of Keras's: it was
// registered in a package ("Custom>Dense") or comes from a module that is not Keras's.
bool is_own_class(const std::string& module, const std::string& registered_name) {
  const auto begins = [&](const char* text) {
    const std::string_view start(text);
    return module.starts_with(start) && (module.size() == start.size() || module[start.size()] == '.');
  };
  const bool is_of_keras =
      module.empty() || module == "builtins" || begins("keras") || begins("tf_keras") || begins("tensorflow");
  const bool is_registered = registered_name.find('>') != std::string::npos &&
                             !registered_name.starts_with("Keras>") && !registered_name.starts_with("keras>");
  return !is_of_keras || is_registered;
}

// Constructors do not know which layer of which config they make.
template <class Action>
auto naming_layer(const std::string& owner, const Action& action) {
  try {
    return action();
  } catch (const Error& error) {
    const std::string_view what = error.what();
    if (what.starts_with("layer '") || what.starts_with(owner)) throw;
    const std::string text = fmt::format("{}: {}", owner, what);
    if (dynamic_cast<const TypeError*>(&error) != nullptr) throw TypeError(text);
    if (dynamic_cast<const ValueError*>(&error) != nullptr) throw ValueError(text);
    if (dynamic_cast<const UnimplementedError*>(&error) != nullptr) throw UnimplementedError(text);
    throw;
  }
}

bool is_idle(const Json& value) {
  if (value.is_null()) return true;
  if (value.is_boolean()) return !value.get<bool>();
  if (value.is_number()) return value.get<double>() == 0.0;
  return value.empty();
}

}  // namespace

namespace {

bool is_own_layer(const std::string& class_name) {
  Registry& layers = registry();
  const std::lock_guard lock(layers.mutex);
  return layers.own.contains(class_name);
}

}  // namespace

void register_layer(const std::string& class_name, LayerFactory factory) {
  Registry& layers = registry();
  const std::lock_guard lock(layers.mutex);
  layers.factories[class_name] = std::move(factory);
  layers.own.insert(class_name);
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
  if (!is_named) return nameless;
  const auto& text = name->get_ref<const std::string&>();
  if (text.size() > kMostNameBytes) {
    throw ValueError(fmt::format("{}, field 'name': expected at most {} bytes. Received: {} bytes", nameless,
                                 kMostNameBytes, text.size()));
  }
  return fmt::format("layer '{}'", text);
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
  return naming_layer(owner, [&] { return factory(config, owner); });
}

namespace {

void expect_class_of_keras(const Json& envelope, const std::string& owner, const std::string& class_name,
                           const Json& config) {
  const std::string module = text_at(envelope, owner, "module");
  const std::string registered_name = text_at(envelope, owner, "registered_name");
  if (!is_own_class(module, registered_name) || is_own_layer(class_name)) return;
  if (!is_registered_layer(class_name)) return;  // layer_from_config says so
  const std::string whose = registered_name.find('>') != std::string::npos
                                ? fmt::format("registered as '{}'", registered_name)
                                : fmt::format("of the module '{}'", module);
  throw ValueError(fmt::format(
      "{}: class '{}' is not Keras's but {}. A class of your own is made loadable by "
      "`register_layer(\"{}\", …)`.",
      owner_of_config(config, fmt::format("{} layer", class_name)), class_name, whose, class_name));
}

}  // namespace

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
  expect_class_of_keras(envelope, owner, key, *config);
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
