#include "sepal/layers/activation_function.h"

#include <fmt/format.h>

#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/layers/registry.h"
#include "sepal/ops/activations.h"

namespace sepal {
namespace {

using Function = ActivationFunction::Function;

// Names and aliases of keras.activations; each with its default arguments.
std::map<std::string, Function> builtin_activations() {
  const auto plain = [](Tensor (*f)(const Tensor&)) { return Function(f); };
  std::map<std::string, Function> table = {
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
      {"hard_swish", plain(ops::hard_silu)},
      {"hard_tanh", plain(ops::hard_tanh)},
      {"hard_shrink", [](const Tensor& x) { return ops::hard_shrink(x); }},
      {"soft_shrink", [](const Tensor& x) { return ops::soft_shrink(x); }},
      {"tanh_shrink", plain(ops::tanh_shrink)},
      {"tanh", plain(ops::tanh)},
      {"silu", plain(ops::silu)},
      {"swish", plain(ops::silu)},
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
  return table;
}

struct ActivationTable {
  std::mutex mutex;
  std::map<std::string, Function> functions = builtin_activations();
};

ActivationTable& activation_table() {
  static ActivationTable table;
  return table;
}

}  // namespace

ActivationFunction::ActivationFunction(const std::string& name) : name_(name) {
  if (name == "linear") return;
  ActivationTable& table = activation_table();
  const std::lock_guard lock(table.mutex);
  const auto found = table.functions.find(name);
  if (found == table.functions.end()) {
    throw ValueError(fmt::format("Could not interpret activation function identifier: {}", name));
  }
  function_ = found->second;
}

ActivationFunction::ActivationFunction(Ref<Layer> layer) : layer_(layer.shared()) {
  function_ = [layer](const Tensor& x) { return layer(x); };
  name_ = layer->name();
}

void register_activation(const std::string& name, ActivationFunction::Function function) {
  ActivationTable& table = activation_table();
  const std::lock_guard lock(table.mutex);
  table.functions[name] = std::move(function);
}

void config_put(Json& out, const char* key, const ActivationFunction& activation) {
  if (activation.layer()) {
    out[key] = {{"module", "keras.layers"},
                {"class_name", activation.layer()->class_name()},
                {"config", activation.layer()->get_config()},
                {"registered_name", nullptr}};
    return;
  }
  if (activation.name().empty()) {
    throw ValueError(
        fmt::format("The `{}` is a function without a name, which cannot be saved. Give it one by "
                    "`register_activation`.",
                    key));
  }
  out[key] = activation.name();
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
  activation = ActivationFunction(Ref<Layer>(layer_from_envelope(in, field.str())));
}

}  // namespace sepal
