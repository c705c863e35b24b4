#include "sepal/layers/activation_function.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/registry.h"
#include "sepal/ops/activations.h"

namespace sepal {
namespace {

using Function = ActivationFunction::Function;

constexpr const char* kKeras2HardSigmoid = "keras2_hard_sigmoid";

struct Row {
  Function function;
  std::string registered_name = {};  // empty: Keras's own
};

// The functions of keras.activations, each with its default arguments.
std::map<std::string, Row> builtin_activations() {
  const auto plain = [](Tensor (*f)(const Tensor&)) { return Function(f); };
  const std::map<std::string, Function> functions = {
      {"relu", [](const Tensor& x) { return ops::relu(x); }},
      {"relu6", plain(ops::relu6)},
      {"leaky_relu", [](const Tensor& x) { return ops::leaky_relu(x); }},
      {"elu", [](const Tensor& x) { return ops::elu(x); }},
      {"selu", plain(ops::selu)},
      {"celu", [](const Tensor& x) { return ops::celu(x); }},
      {"gelu", [](const Tensor& x) { return ops::gelu(x); }},
      {"glu", [](const Tensor& x) { return ops::glu(x); }},
      {"sigmoid", plain(ops::sigmoid)},
      {"hard_sigmoid", plain(ops::hard_sigmoid)},
      {"hard_silu", plain(ops::hard_silu)},
      {"hard_tanh", plain(ops::hard_tanh)},
      {"hard_shrink", [](const Tensor& x) { return ops::hard_shrink(x); }},
      {"soft_shrink", [](const Tensor& x) { return ops::soft_shrink(x); }},
      {"tanh_shrink", plain(ops::tanh_shrink)},
      {"tanh", plain(ops::tanh)},
      {"silu", plain(ops::silu)},
      {"mish", plain(ops::mish)},
      {"exponential", plain(ops::exponential)},
      {"softplus", plain(ops::softplus)},
      {"softsign", plain(ops::softsign)},
      {"squareplus", [](const Tensor& x) { return ops::squareplus(x); }},
      {"sparse_plus", plain(ops::sparse_plus)},
      {"sparse_sigmoid", plain(ops::sparse_sigmoid)},
      {"log_sigmoid", plain(ops::log_sigmoid)},
      {"softmax", [](const Tensor& x) { return ops::softmax(x); }},
      {"log_softmax", [](const Tensor& x) { return ops::log_softmax(x); }},
      {"sparsemax", [](const Tensor& x) { return ops::sparsemax(x); }},
  };
  std::map<std::string, Row> table;
  for (const auto& [name, function] : functions) table[name] = {function};
  const std::string registered_name = std::string("sepal>") + kKeras2HardSigmoid;
  for (const std::string& name : {std::string(kKeras2HardSigmoid), registered_name}) {
    table[name] = {plain(ops::hard_sigmoid_legacy), registered_name};
  }
  return table;
}

// The name under which Keras 3 writes what was asked for by `name`.
std::string canonical(const std::string& name) {
  if (name == "swish") return "silu";
  if (name == "hard_swish") return "hard_silu";
  if (name == "hard_sigmoid" && compatibility() == Compatibility::tf14) return kKeras2HardSigmoid;
  return name;
}

struct ActivationTable {
  std::mutex mutex;
  std::map<std::string, Row> rows = builtin_activations();
};

ActivationTable& activation_table() {
  static ActivationTable table;
  return table;
}

bool is_activation(const std::string& name) {
  ActivationTable& table = activation_table();
  const std::lock_guard lock(table.mutex);
  return table.rows.contains(name);
}

}  // namespace

ActivationFunction::ActivationFunction(const std::string& name) : name_(canonical(name)) {
  if (name == "linear") return;
  if (name == "threshold") {
    throw ValueError(
        "The activation `threshold` needs arguments and cannot be given by its name. Give a function that "
        "calls `ops::threshold(x, threshold, value)`.");
  }
  ActivationTable& table = activation_table();
  const std::lock_guard lock(table.mutex);
  const auto found = table.rows.find(name_);
  if (found == table.rows.end()) {
    const bool is_registered_name = name.find('>') != std::string::npos;
    throw ValueError(fmt::format("Could not interpret activation function identifier: {}{}", name,
                                 is_registered_name ? ". Call `register_activation` for it first" : ""));
  }
  function_ = found->second.function;
  registered_name_ = found->second.registered_name;
  // Files give the registered name, programs the short one: both mean one activation.
  if (name_ == registered_name_) name_ = name_.substr(name_.find('>') + 1);
}

ActivationFunction::ActivationFunction(std::shared_ptr<Layer> layer, const std::string& name)
    : function_([layer](const Tensor& x) { return (*layer)(x); }), name_(name), layer_(std::move(layer)) {}

void register_activation(const std::string& name, ActivationFunction::Function function,
                         const std::string& package) {
  ActivationTable& table = activation_table();
  const std::lock_guard lock(table.mutex);
  const std::string registered_name = package + ">" + name;
  table.rows[name] = {function, registered_name};
  table.rows[registered_name] = {std::move(function), registered_name};
}

void config_put(Json& out, const char* key, const ActivationFunction& activation) {
  if (activation.layer()) {
    out[key] = layer_envelope(*activation.layer());
    return;
  }
  if (activation.name().empty()) {
    throw ValueError(
        fmt::format("The `{}` is a function without a name, which cannot be saved. Give it one by "
                    "`register_activation`.",
                    key));
  }
  if (compatibility() == Compatibility::tf14) {
    if (activation.name() == "hard_sigmoid") {
      throw ValueError(fmt::format(
          "The `{}` is relu6(x + 3) / 6, which TensorFlow 1.4 has no name for: its hard_sigmoid is "
          "clip(0.2 x + 0.5, 0, 1).",
          key));
    }
    out[key] = activation.name() == kKeras2HardSigmoid ? "hard_sigmoid" : activation.name();
  } else if (activation.registered_name().empty()) {
    out[key] = activation.name();
  } else {
    put_function_identifier(out, key, activation.registered_name());
  }
}

void config_get(const Json& in, const ConfigField& field, ActivationFunction& activation) {
  if (in.is_null()) {
    activation = ActivationFunction();
    return;
  }
  if (in.is_string()) {
    try {
      activation = ActivationFunction(in.get<std::string>());
    } catch (const ValueError& error) {
      throw ValueError(fmt::format("{}: {}", field.str(), error.what()));
    }
    return;
  }
  if (!in.is_object()) config_type_error(field, "the name of an activation or an object", in);
  const auto class_name = in.find("class_name");
  const auto config = in.find("config");
  const bool is_function = class_name != in.end() && *class_name == "function";
  if (is_function && config != in.end() && config->is_string()) return config_get(*config, field, activation);
  // Some writers have {"class_name": "relu", "config": {}}.
  const bool is_name = class_name != in.end() && class_name->is_string() && !is_registered_layer(*class_name);
  if (is_name && is_activation(*class_name)) return config_get(*class_name, field, activation);
  activation = ActivationFunction(Ref<Layer>(layer_from_envelope(in, field.str())));
}

}  // namespace sepal
