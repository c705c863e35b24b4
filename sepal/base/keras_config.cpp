#include "sepal/base/keras_config.h"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <iostream>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "sepal/base/atomic_file.h"
#include "sepal/base/config.h"
#include "sepal/base/error.h"
#include "sepal/base/input_file.h"

namespace sepal {
namespace {

struct Defaults {
  std::mutex mutex;
  KerasConfig set;                  // by the program
  std::optional<KerasConfig> file;  // empty: not read yet
};

Defaults& defaults() {
  static Defaults instance;
  return instance;
}

KerasConfig read_usual_config() {
  const std::string path = keras_config_path();
  std::error_code unreachable;
  return std::filesystem::exists(path, unreachable) ? read_keras_config(path) : KerasConfig{};
}

template <class T>
T value_of(std::optional<T> KerasConfig::*field, T builtin) {
  Defaults& d = defaults();
  const std::lock_guard lock(d.mutex);
  if (d.set.*field) return *(d.set.*field);
  if (!d.file) d.file = read_usual_config();
  return (*d.file.*field).value_or(std::move(builtin));
}

template <class T>
void set_value(std::optional<T> KerasConfig::*field, T value) {
  Defaults& d = defaults();
  const std::lock_guard lock(d.mutex);
  d.set.*field = std::move(value);
}

std::optional<DType> float_type(std::string_view name) {
  for (const DType dtype : {DType::bfloat16, DType::float16, DType::float32, DType::float64}) {
    if (name_of(dtype) == name) return dtype;
  }
  return std::nullopt;
}

[[noreturn]] void throw_unknown_floatx(std::string_view received) {
  throw ValueError(fmt::format(
      "Unknown `floatx` value. Expected one of ('bfloat16', 'float16', 'float32', 'float64'). Received: {}",
      received));
}

std::string text_of(const std::string& path) {
  constexpr std::uint64_t kMostBytes = 1 << 16;
  const std::vector<std::byte> bytes = read_file(path, kMostBytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

}  // namespace

// These two are declared beside DType.
DType floatx() { return value_of(&KerasConfig::floatx, DType::float32); }

void set_floatx(DType dtype) {
  if (!is_floating(dtype)) throw_unknown_floatx(name_of(dtype));
  set_value(&KerasConfig::floatx, dtype);
}

void set_floatx(std::string_view name) {
  const std::optional<DType> dtype = float_type(name);
  if (!dtype) throw_unknown_floatx(name);
  set_floatx(*dtype);
}

double epsilon() { return value_of(&KerasConfig::epsilon, 1e-7); }
void set_epsilon(double value) { set_value(&KerasConfig::epsilon, value); }

std::string image_data_format() {
  return value_of(&KerasConfig::image_data_format, std::string("channels_last"));
}

void set_image_data_format(const std::string& data_format) {
  set_value(&KerasConfig::image_data_format,
            standardize_choice(data_format, {"channels_first", "channels_last"}, "data_format"));
}

KerasConfig read_keras_config(const std::string& path) {
  const Json json = Json::parse(text_of(path), nullptr, false);
  if (json.is_discarded()) {
    std::cerr << fmt::format("Warning: '{}' is not JSON and is ignored.\n", path);
    return {};
  }
  const auto refuse = [&](const char* key, const char* expected, const Json& found) {
    const std::string text = found.dump(-1, ' ', true, Json::error_handler_t::replace);
    return ValueError(fmt::format("'{0}': invalid `{1}` configuration. Expected {2}. Received: {1}={3}", path,
                                  key, expected, text));
  };
  if (!json.is_object()) throw ValueError(fmt::format("'{}': expected a JSON object.", path));

  KerasConfig config;
  if (const auto found = json.find("floatx"); found != json.end()) {
    if (found->is_string()) config.floatx = float_type(found->get<std::string>());
    if (!config.floatx) throw refuse("floatx", "the name of a float dtype such as \"float32\"", *found);
  }
  if (const auto found = json.find("epsilon"); found != json.end()) {
    if (!found->is_number_float()) throw refuse("epsilon", "a float such as 1e-07", *found);
    config.epsilon = found->get<double>();
  }
  if (const auto found = json.find("image_data_format"); found != json.end()) {
    if (*found != "channels_last" && *found != "channels_first") {
      throw refuse("image_data_format", "\"channels_last\" or \"channels_first\"", *found);
    }
    config.image_data_format = found->get<std::string>();
  }
  return config;
}

void use_keras_config(const std::string& path) {
  KerasConfig config = read_keras_config(path);
  Defaults& d = defaults();
  const std::lock_guard lock(d.mutex);
  d.file = std::move(config);
}

std::string keras_config_path() {
  const char* home = std::getenv("HOME");
  const char* keras_home = std::getenv("KERAS_HOME");
  if (keras_home == nullptr) return home == nullptr ? "" : std::string(home) + "/.keras/keras.json";
  const std::string folder = keras_home;
  const bool is_below_home = home != nullptr && (folder == "~" || folder.starts_with("~/"));
  return (is_below_home ? home + folder.substr(1) : folder) + "/keras.json";
}

void save_keras_config(const std::string& path) {
  if (path.empty()) throw OSError("There is no place for keras.json: neither KERAS_HOME nor HOME is set.");
  Json json = Json::object();
  if (std::filesystem::exists(path)) json = Json::parse(text_of(path), nullptr, false);
  if (!json.is_object()) {
    throw ValueError(fmt::format("'{}' exists and holds no JSON object; it is left as it is.", path));
  }
  json["floatx"] = name_of(floatx());
  json["epsilon"] = epsilon();
  json["image_data_format"] = image_data_format();

  std::error_code error;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), error);
  // A folder that could not be made shows as the error of the file in it.
  AtomicFile file(path);
  file.write(json.dump(4));
  file.commit();
}

}  // namespace sepal
