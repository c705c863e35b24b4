#include "sepal/saving/dialect.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/saving/dialect_fields.h"
#include "sepal/saving/dialect_nodes.h"
#include "sepal/saving/dialect_operations.h"
#include "sepal/saving/tensorflow_op.h"

namespace sepal {
namespace {

bool is_envelope(const Json& value) {
  return value.is_object() && value.contains("class_name") && value["class_name"].is_string() &&
         value.contains("config");
}

// Numbers of NumPy, tuples and shapes, as three generations of Keras wrote them.
const Json* plain_value(const Json& value) {
  if (!value.is_object()) return nullptr;
  if (is_envelope(value) && value["config"].is_object()) {
    const bool is_array = value["class_name"] == "__numpy__" || value["class_name"] == "__tensor__";
    const auto plain = value["config"].find("value");
    return is_array && plain != value["config"].end() ? &*plain : nullptr;
  }
  const auto find = [&](const char* key) {
    const auto found = value.find(key);
    return found == value.end() ? nullptr : &*found;
  };
  const Json* class_name = find("class_name");
  if (class_name != nullptr && (*class_name == "__tuple__" || *class_name == "TensorShape"))
    return find("items");
  return value.size() == 2 && find("type") != nullptr ? find("value") : nullptr;
}

struct FirstInput {
  Json shape;
  Json dtype;
};

bool is_shape(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(),
                     [](const Json& length) { return length.is_null() || length.is_number_integer(); });
}

// A Sequential without an input, built by data: some writers keep the shape outside of its config only.
void take_build_shape(Json& envelope) {
  Json& config = envelope["config"];
  const auto build_config = envelope.find("build_config");
  if (envelope["class_name"] != "Sequential" || !config.is_object() || config.contains("build_input_shape") ||
      build_config == envelope.end() || !build_config->is_object()) {
    return;
  }
  const auto shape = build_config->find("input_shape");
  if (shape != build_config->end() && is_shape(*shape)) config["build_input_shape"] = *shape;
}

// The input that a layer at the start of an older Sequential declares itself; no shape if there is none.
FirstInput declared_input(const Json& envelope) {
  if (!is_envelope(envelope) || !envelope["config"].is_object()) return {};
  const Json& config = envelope["config"];
  const Json dtype = config.value("dtype", Json());
  for (const char* field : {"batch_input_shape", "batch_shape"}) {
    if (config.contains(field)) return {config[field], dtype};
  }
  const auto layers = config.find("layers");
  return layers != config.end() && layers->is_array() && !layers->empty() ? declared_input((*layers)[0])
                                                                          : FirstInput{};
}

class Modernizer {
 public:
  explicit Modernizer(Dialect dialect) : dialect_(dialect) {}

  void run(Json& value) const {
    if (const Json* plain = plain_value(value)) {
      const Json copy = *plain;
      value = copy;
    }
    if (is_envelope(value)) {
      rewrite(value);
    } else if (value.is_structured()) {
      for (Json& item : value) run(item);
    }
  }

 private:
  bool is_old() const { return dialect_ != Dialect::keras3; }

  void rewrite(Json& envelope) const {
    take_build_shape(envelope);
    if (!is_old()) {
      restore_operation_module(envelope);
      return run(envelope["config"]);
    }
    modernize_tensorflow_op(envelope);
    modernize_operation(envelope);
    const std::string class_name = modern_class_name(envelope["class_name"].get<std::string>());
    envelope["class_name"] = class_name;
    const auto registered_name = envelope.find("registered_name");
    if (registered_name != envelope.end() && registered_name->is_string()) {
      *registered_name = modern_class_name(registered_name->get<std::string>());
    }
    Json& config = envelope["config"];
    if (class_name == "Sequential") rewrite_sequential(envelope);
    if (class_name == "Functional") modernize_nodes(config);
    run(config);
    modernize_fields(class_name, config, dialect_);
    for (Json* holder : {&envelope, &config}) {
      if (!holder->is_object() || !holder->contains("name") || !(*holder)["name"].is_string()) continue;
      (*holder)["name"] = modern_layer_name((*holder)["name"].get<std::string>());
    }
  }

  static void rewrite_sequential(Json& envelope) {
    Json& config = envelope["config"];
    if (config.is_array()) {
      Json object = {{"layers", std::move(config)}};
      if (envelope.contains("name")) object["name"] = envelope["name"];
      config = std::move(object);
    }
    if (!config.is_object() || !config.contains("layers")) return;
    Json& layers = config["layers"];
    if (!layers.is_array() || layers.empty() || !is_envelope(layers[0])) return;
    if (layers[0]["class_name"] == "InputLayer") return;
    const FirstInput input = declared_input(layers[0]);
    if (!input.shape.is_array()) return;
    Json input_config = {{"batch_input_shape", input.shape}};
    // A policy such as "mixed_float16" is no type of an input.
    if (input.dtype.is_string() && !input.dtype.get<std::string>().starts_with("mixed_")) {
      input_config["dtype"] = input.dtype;
    }
    const Json first_name =
        layers[0]["config"].is_object() ? layers[0]["config"].value("name", Json()) : Json();
    if (first_name.is_string()) input_config["name"] = first_name.get<std::string>() + "_input";
    const Json input_layer = {{"class_name", "InputLayer"}, {"config", std::move(input_config)}};
    layers.insert(layers.begin(), input_layer);
  }

  Dialect dialect_;
};

bool has_key(const Json& value, const char* key) {
  if (!value.is_structured()) return false;
  if (value.is_object() && value.contains(key)) return true;
  return std::any_of(value.begin(), value.end(), [&](const Json& item) { return has_key(item, key); });
}

// "Custom>Adam": tf.keras says so of its own optimizers.
std::string without_package(const std::string& name) { return name.substr(name.find('>') + 1); }

}  // namespace

Dialect dialect_of(const std::optional<std::string>& keras_version, const Json& envelope) {
  if (keras_version && !keras_version->empty()) {
    if (keras_version->starts_with("1.")) return Dialect::keras1;
    return (*keras_version)[0] < '3' ? Dialect::keras2 : Dialect::keras3;
  }
  return has_key(envelope, "batch_input_shape") ? Dialect::keras2 : Dialect::keras3;
}

void modernize(Json& envelope, Dialect dialect) { Modernizer(dialect).run(envelope); }

std::string modern_layer_name(std::string name) {
  std::replace(name.begin(), name.end(), '/', '_');
  return name;
}

Json modern_compile_config(const Json& training_config) {
  Json config = training_config;
  if (!config.is_object()) return config;
  const auto optimizer = config.find("optimizer_config");
  if (optimizer != config.end()) {
    Json value = std::move(*optimizer);
    config.erase(optimizer);
    config["optimizer"] = std::move(value);
  }
  if (config.contains("optimizer") && is_envelope(config["optimizer"])) {
    Json& class_name = config["optimizer"]["class_name"];
    class_name = without_package(class_name.get<std::string>());
  }
  for (const char* field : {"metrics", "weighted_metrics"}) {
    const auto metrics = config.find(field);
    if (metrics == config.end() || !metrics->is_array()) continue;
    if (metrics->empty()) {
      *metrics = nullptr;
    } else if (metrics->size() == 1 && (*metrics)[0].is_array()) {
      // One output: tf.keras writes a list of lists also then.
      const Json of_output = (*metrics)[0];
      *metrics = of_output;
    }
  }
  return config;
}

}  // namespace sepal
