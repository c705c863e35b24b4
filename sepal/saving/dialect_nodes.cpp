#include "sepal/saving/dialect_nodes.h"

#include <map>
#include <nlohmann/json.hpp>
#include <string>

#include "sepal/saving/dialect.h"
#include "sepal/saving/dialect_fields.h"

namespace sepal {
namespace {

constexpr const char* kConstant = "_CONSTANT_VALUE";

// Indices beyond it exist in no model; the model's reader refuses them.
constexpr std::int64_t kMostNodes = std::int64_t{1} << 31;

// `index` + `by`, if it is an index at all.
Json shifted(const Json& index, int by) {
  const auto number = index.get<std::int64_t>();
  return number < 0 || number > kMostNodes ? index : Json(number + by);
}

// [layer name, node index, tensor index] and possibly the call's keyword arguments.
bool is_reference(const Json& value) {
  return value.is_array() && value.size() >= 3 && value.size() <= 4 && value[0].is_string() &&
         value[1].is_number_integer();
}

class NodeRewriter {
 public:
  explicit NodeRewriter(Json& config) : config_(config) {}

  void run() {
    if (!config_.is_object() || !config_.contains("layers") || !config_["layers"].is_array()) return;
    for (const Json& layer : config_["layers"]) learn(layer);
    for (const Json& layer : config_["layers"]) {
      if (layer.is_object() && layer.contains("inbound_nodes")) look_for_node_0(layer["inbound_nodes"]);
    }
    for (const char* field : {"input_layers", "output_layers"}) {
      if (config_.contains(field)) look_for_node_0(config_[field]);
    }
    for (Json& layer : config_["layers"]) rewrite_layer(layer);
    for (const char* field : {"input_layers", "output_layers"}) {
      if (config_.contains(field)) rewrite_listed(config_[field]);
    }
  }

 private:
  struct Inner {
    bool is_functional = false;
    int offset = 1;
  };

  void learn(const Json& layer) {
    if (!layer.is_object() || !layer.contains("class_name") || !layer.contains("name")) return;
    if (!layer["name"].is_string() || !layer["class_name"].is_string()) return;
    const std::string class_name = modern_class_name(layer["class_name"].get<std::string>());
    if (class_name == "Functional" || class_name == "Sequential") {
      inner_[layer["name"].get<std::string>()] = {class_name == "Functional"};
    }
  }

  // A Sequential that was not built when it was called has no node of its own.
  void look_for_node_0(const Json& value) {
    if (is_reference(value)) {
      const auto inner = inner_.find(value[0].get<std::string>());
      if (inner != inner_.end() && value[1] == 0) inner->second.offset = 0;
    } else if (value.is_structured()) {
      for (const Json& item : value) look_for_node_0(item);
    }
  }

  void rewrite_layer(Json& layer) const {
    if (!layer.is_object() || !layer.contains("inbound_nodes") || !layer["inbound_nodes"].is_array()) return;
    const bool causal = is_causal(layer);
    for (Json& node : layer["inbound_nodes"]) {
      node = modern_node(node);
      if (causal && node.is_object() && node.value("kwargs", Json()).is_object())
        node["kwargs"]["use_causal_mask"] = true;
    }
  }

  // Before TensorFlow 2.10 it was an argument of these layers, not of their calls.
  static bool is_causal(const Json& layer) {
    const Json class_name = layer.value("class_name", Json());
    if (class_name != "Attention" && class_name != "AdditiveAttention") return false;
    const auto config = layer.find("config");
    return config != layer.end() && config->is_object() && config->value("causal", Json()) == true;
  }

  Json modern_node(const Json& node) const {
    Json args = Json::array();
    Json kwargs = Json::object();
    if (is_reference(node)) {
      // A function of TensorFlow on tensors: its only node is the reference itself.
      args.push_back(modern_argument(node));
      add_kwargs(node, kwargs);
    } else if (node.is_array()) {
      Json inputs = Json::array();
      for (const Json& input : node) {
        if (!is_reference(input)) return node;
        inputs.push_back(modern_argument(input));
        add_kwargs(input, kwargs);
      }
      if (inputs.size() == 1) {
        args = std::move(inputs);
      } else {
        args.push_back(std::move(inputs));
      }
    } else if (node.is_object() && !node.contains("args")) {
      Json inputs = Json::object();
      for (const auto& [key, input] : node.items()) inputs[key] = modern_argument(input);
      args.push_back(std::move(inputs));
    } else {
      return node;
    }
    return {{"args", std::move(args)}, {"kwargs", std::move(kwargs)}};
  }

  // TensorFlow 1.4 repeats them at each input.
  void add_kwargs(const Json& reference, Json& kwargs) const {
    if (reference.size() < 4 || !reference[3].is_object()) return;
    for (const auto& [key, value] : reference[3].items()) kwargs[key] = modern_argument(value);
  }

  Json modern_argument(const Json& value) const {
    if (!is_reference(value)) return value;
    if (value[0] == kConstant) return value[2];
    const std::string name = value[0].get<std::string>();
    return {
        {"class_name", "__keras_tensor__"},
        {"config", {{"keras_history", Json::array({modern_layer_name(name), node_index(value), value[2]})}}}};
  }

  Json node_index(const Json& reference) const {
    const auto inner = inner_.find(reference[0].get<std::string>());
    if (inner == inner_.end()) return reference[1];
    return shifted(reference[1], -inner->second.offset);
  }

  void rewrite_listed(Json& value) const {
    if (is_reference(value)) {
      const auto inner = inner_.find(value[0].get<std::string>());
      const int wanted_offset = inner != inner_.end() && inner->second.is_functional ? 1 : 0;
      value = Json::array({modern_layer_name(value[0].get<std::string>()),
                           shifted(node_index(value), wanted_offset), value[2]});
    } else if (value.is_structured()) {
      for (Json& item : value) rewrite_listed(item);
    }
  }

  Json& config_;
  std::map<std::string, Inner> inner_;
};

}  // namespace

void modernize_nodes(Json& functional_config) { NodeRewriter(functional_config).run(); }

}  // namespace sepal
