#include "sepal/saving/dialect_operations.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

namespace sepal {
namespace {

constexpr const char* kModule = "keras.src.ops.numpy";

// The operation for a name in tf or tf.math; its second argument, if it has one, is called y.
const std::map<std::string, const char*> kOperations = {
    {"__operators__.add", "Add"},   {"math.add", "Add"},
    {"math.subtract", "Subtract"},  {"math.multiply", "Multiply"},
    {"math.truediv", "TrueDivide"}, {"math.divide", "TrueDivide"},
    {"math.negative", "Negative"},  {"math.pow", "Power"},
    {"math.maximum", "Maximum"},    {"math.minimum", "Minimum"},
    {"math.abs", "Absolute"},       {"math.sqrt", "Sqrt"},
    {"math.square", "Square"},      {"math.exp", "Exp"},
};

void modernize_call(Json& node) {
  if (!node.is_object() || !node.contains("args") || !node["args"].is_array() || !node.contains("kwargs") ||
      !node["kwargs"].is_object()) {
    return;
  }
  Json& kwargs = node["kwargs"];
  if (kwargs.contains("y")) node["args"].push_back(kwargs["y"]);
  kwargs.erase("y");
  // TensorFlow's name of the call.
  kwargs.erase("name");
}

}  // namespace

void modernize_operation(Json& layer) {
  if (layer["class_name"] != "TFOpLambda" || !layer["config"].is_object()) return;
  const Json& config = layer["config"];
  const auto function = config.find("function");
  if (function == config.end() || !function->is_string()) return;
  const auto found = kOperations.find(function->get<std::string>());
  if (found == kOperations.end()) return;
  Json operation_config = Json::object();
  if (config.contains("name")) operation_config["name"] = config["name"];
  // From here on `config` is gone: a new key moves the others.
  layer["config"] = std::move(operation_config);
  layer["class_name"] = found->second;
  layer["module"] = kModule;
  const auto nodes = layer.find("inbound_nodes");
  if (nodes == layer.end() || !nodes->is_array()) return;
  for (Json& node : *nodes) modernize_call(node);
}

void restore_operation_module(Json& layer) {
  const Json& config = layer["config"];
  const bool is_bare = config.is_object() && config.size() == 1 && config.contains("name");
  if (is_bare && layer.contains("inbound_nodes") && !layer.contains("module")) layer["module"] = kModule;
}

}  // namespace sepal
