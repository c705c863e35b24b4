// "compile_config" of a `.keras` file: what `compile` was given.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/models/training_state.h"

namespace sepal {
namespace {

// One handle through its own config_put, as a bare value.
template <class T>
Json to_json(const T& value) {
  Json holder = Json::object();
  config_put(holder, "value", value);
  return holder["value"];
}

template <class T>
T from_json(const Json& value, const char* key) {
  T result;
  config_get(value, {"compile_config", key}, result);
  return result;
}

template <class T>
Json list_to_json(const std::vector<T>& values) {
  Json list = Json::array();
  for (const T& value : values) list.push_back(value ? to_json(value) : Json(nullptr));
  return list;
}

Json loss_to_json(const LossArgument& loss) {
  if (loss.empty()) return nullptr;
  if (loss.is_single()) return to_json(loss.losses()[0]);
  if (!loss.losses().empty()) return list_to_json(loss.losses());
  Json object = Json::object();
  for (const auto& [name, of_output] : loss.by_name()) object[name] = to_json(of_output);
  return object;
}

bool names_class(const Json& value) { return value.is_object() && value.contains("class_name"); }

Loss loss_or_none(const Json& value) { return value.is_null() ? Loss() : from_json<Loss>(value, "loss"); }

LossArgument loss_from_json(const Json& value) {
  if (value.is_null()) return {};
  if (value.is_array()) {
    std::vector<Loss> losses;
    for (const Json& item : value) losses.push_back(loss_or_none(item));
    return losses;
  }
  if (value.is_object() && !names_class(value)) {
    std::map<std::string, Loss> by_name;
    for (const auto& [name, item] : value.items()) by_name[name] = loss_or_none(item);
    return by_name;
  }
  return from_json<Loss>(value, "loss");
}

Json metrics_to_json(const MetricsArgument& metrics) {
  if (metrics.empty()) return nullptr;
  if (!metrics.flat().empty()) return list_to_json(metrics.flat());
  if (!metrics.by_output().empty()) {
    Json list = Json::array();
    for (const auto& of_output : metrics.by_output()) list.push_back(list_to_json(of_output));
    return list;
  }
  Json object = Json::object();
  for (const auto& [name, of_output] : metrics.by_name()) object[name] = list_to_json(of_output);
  return object;
}

std::vector<Metric> metric_list(const Json& value, const char* key) {
  std::vector<Metric> metrics;
  if (value.is_array()) {
    for (const Json& item : value) metrics.push_back(from_json<Metric>(item, key));
  } else if (!value.is_null()) {
    metrics.push_back(from_json<Metric>(value, key));
  }
  return metrics;
}

MetricsArgument metrics_from_json(const Json& value, const char* key) {
  if (value.is_object() && !names_class(value)) {
    std::map<std::string, std::vector<Metric>> by_name;
    for (const auto& [name, item] : value.items()) by_name[name] = metric_list(item, key);
    return by_name;
  }
  if (value.is_array()) {
    bool is_nested = false;
    for (const Json& item : value) is_nested = is_nested || item.is_array() || item.is_null();
    if (is_nested) {
      std::vector<std::vector<Metric>> by_output;
      for (const Json& item : value) by_output.push_back(metric_list(item, key));
      return by_output;
    }
  }
  return metric_list(value, key);
}

LossWeights weights_from_json(const Json& value) {
  const ConfigField field{"compile_config", "loss_weights"};
  if (value.is_null()) return {};
  if (value.is_object()) {
    std::map<std::string, double> by_name;
    for (const auto& [name, item] : value.items()) config_get(item, field, by_name[name]);
    return by_name;
  }
  std::vector<double> weights;
  config_get(value, field, weights);
  return weights;
}

}  // namespace

Json Trainer::get_compile_config() const {
  if (!state_) return Json::object();
  const CompileOptions& options = state_->options();
  Json config = Json::object();
  config_put(config, "optimizer", options.optimizer);
  config["loss"] = loss_to_json(options.loss);
  config["loss_weights"] = options.loss_weights.empty()             ? Json(nullptr)
                           : options.loss_weights.weights().empty() ? Json(options.loss_weights.by_name())
                                                                    : Json(options.loss_weights.weights());
  config["metrics"] = metrics_to_json(options.metrics);
  config["weighted_metrics"] = metrics_to_json(options.weighted_metrics);
  config["run_eagerly"] = false;
  config["steps_per_execution"] = 1;
  config["jit_compile"] = false;
  return config;
}

void Trainer::compile_from_config(const Json& config) {
  CompileOptions options;
  const auto with = [&](const char* key, auto read) {
    if (const Json* value = config_find(config, "compile_config", key)) read(*value);
  };
  with("optimizer", [&](const Json& value) {
    if (!value.is_null()) options.optimizer = from_json<Optimizer>(value, "optimizer");
  });
  with("loss", [&](const Json& value) { options.loss = loss_from_json(value); });
  with("loss_weights", [&](const Json& value) { options.loss_weights = weights_from_json(value); });
  with("metrics", [&](const Json& value) { options.metrics = metrics_from_json(value, "metrics"); });
  with("weighted_metrics",
       [&](const Json& value) { options.weighted_metrics = metrics_from_json(value, "weighted_metrics"); });
  compile(std::move(options));
}

}  // namespace sepal
