#include "sepal/weights/config_function.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/unknown_name.h"

namespace sepal {

ConfigIdentifier read_identifier(const Json& in, const char* kind, const std::string& owner) {
  if (in.is_null()) return {};
  if (in.is_string()) return {in.get<std::string>(), nullptr};
  const auto refuse = [&](const std::string& why) -> ValueError {
    return ValueError(fmt::format("{}: could not interpret {} identifier: {}", owner, kind, why));
  };
  if (!in.is_object()) {
    throw refuse("expected a name, an object with `class_name` and `config`, or null. Received: " +
                 in.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 100));
  }
  const auto class_name = in.find("class_name");
  const auto config = in.find("config");
  if (class_name == in.end() || config == in.end() || !class_name->is_string()) {
    throw refuse("improper config format, `class_name` and `config` are needed. Received: " +
                 in.dump(-1, ' ', false, Json::error_handler_t::replace).substr(0, 100));
  }
  if (*class_name == "function") {
    if (!config->is_string()) throw refuse("the `config` of a function is its name");
    return {config->get<std::string>(), nullptr};
  }
  const auto registered = in.find("registered_name");
  const bool has_registered = registered != in.end() && registered->is_string();
  return {class_name->get<std::string>(), &*config,
          has_registered ? registered->get<std::string>() : std::string()};
}

void put_identifier(Json& out, const char* key, const char* module, const std::string& class_name,
                    const char* registered_name, const std::function<void(Json& config)>& write_config) {
  Json config = Json::object();
  write_config(config);
  const bool is_builtin = registered_name == nullptr;
  out[key] = {{"module", is_builtin ? Json(module) : Json(nullptr)},
              {"class_name", class_name},
              {"config", std::move(config)},
              {"registered_name", is_builtin ? Json(nullptr) : Json(registered_name)}};
}

void put_function_identifier(Json& out, const char* key, const std::string& name) {
  out[key] = {
      {"module", "builtins"}, {"class_name", "function"}, {"config", name}, {"registered_name", "function"}};
}

void put_tf14_identifier(Json& out, const char* key, std::string class_name,
                         const std::function<void(Json& config)>& write_config,
                         void (*to_tf14)(std::string& class_name, Json& config)) {
  Json config = Json::object();
  write_config(config);
  if (to_tf14 != nullptr) to_tf14(class_name, config);
  out[key] = {{"class_name", std::move(class_name)}, {"config", std::move(config)}};
}

void put_tf14_function(Json& out, const char* key, const std::string& name) { out[key] = name; }

void put_none(Json& out, const char* key) { out[key] = nullptr; }

void throw_unknown_identifier(const char* kind, const ConfigIdentifier& identifier) {
  std::string text = fmt::format("Could not interpret {} identifier: {}", kind, identifier.name);
  if (identifier.registered_name.find('>') != std::string::npos) {
    text += fmt::format(". It is not one of Keras's but '{}': call `register_{}` for it first",
                        identifier.registered_name, kind);
  }
  throw UnknownNameError(text);
}

void throw_nameless_function(const char* kind, const char* key) {
  throw ValueError(
      fmt::format("The {0} in `{1}` is a C++ callable without a name and cannot be saved. Give it one by "
                  "`register_{0}` and use that name.",
                  kind, key));
}

void throw_empty_function(const char* kind) {
  throw RuntimeError(fmt::format("Called a handle that holds no {}.", kind));
}

}  // namespace sepal
