#include "sepal/saving/dialect_operations.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/graph/keras_modules.h"
#include "sepal/layers/registry.h"
#include "sepal/saving/tensorflow_functions.h"

namespace sepal {
namespace {

using keras_modules::kCore;
using keras_modules::kImage;
using keras_modules::kLinalg;
using keras_modules::kMath;
using keras_modules::kNn;
using keras_modules::kNumpy;
// Arguments that say nothing if they have this value, or None.
const std::multimap<std::string, Json>& idle_arguments() {
  static const std::multimap<std::string, Json> table = {
      {"conjugate", false},     {"validate_indices", nullptr},
      {"batch_dims", 0},        {"constant_values", 0},
      {"out_type", "int32"},    {"output_type", "int64"},
      {"output_type", "int32"}, {"transpose_a", false},
      {"transpose_b", false},   {"adjoint_a", false},
      {"adjoint_b", false},     {"exclusive", false},
      {"reverse", false},       {"direction", "ASCENDING"},
      {"stable", false},        {"preserve_aspect_ratio", false},
  };
  return table;
}

bool is_node(const Json& node) {
  return node.is_object() && node.contains("args") && node["args"].is_array() && node.contains("kwargs") &&
         node["kwargs"].is_object();
}

// A slice of Python, an ellipsis, or a list of these, in the words of Keras 3.
Json modern_key(const Json& key) {
  if (key.is_array()) {
    Json list = Json::array();
    for (const Json& item : key) list.push_back(modern_key(item));
    return list;
  }
  if (!key.is_object()) return key;
  if (key.contains("start")) return {{"class_name", "__slice__"}, {"config", key}};
  Json named = key;
  if (!named.contains("config")) named["config"] = Json::object();
  return named;
}

// Where parts of these sizes begin.
Json indices_from_sizes(const Json& sizes) {
  if (!sizes.is_array()) return sizes;
  Json indices = Json::array();
  std::int64_t begin = 0;
  for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
    // No axis is that long; the operation refuses what does not fit.
    if (!sizes[i].is_number_integer() || std::abs(sizes[i].get<double>()) > 1e12) return sizes;
    begin += sizes[i].get<std::int64_t>();
    indices.push_back(begin);
  }
  return indices;
}

// A length that is a tensor is that of an axis which the model does not know, the batch.
Json known_lengths(Json lengths) {
  if (!lengths.is_array()) return lengths;
  for (Json& length : lengths) {
    if (length.is_structured()) length = -1;
  }
  return lengths;
}

// TensorFlow also takes a length for each axis: 1 for the batch and for the channels.
Json window_lengths(const Json& lengths) {
  if (!lengths.is_array() || lengths.size() < 3) return lengths;
  const bool is_last = lengths.front() == 1 && lengths.back() == 1;
  if (!is_last) return lengths;
  return Json(lengths.begin() + 1, lengths.end() - 1);
}

Json modern_field(const std::string& class_name, const std::string& field, const Json& value) {
  if (class_name == "MaxPool" || class_name == "AveragePool") {
    if (field == "pool_size" || field == "strides") return window_lengths(value);
    if (field == "padding") return value == "SAME" ? "same" : value == "VALID" ? "valid" : value;
    if (field == "data_format") {
      const std::string text = value.is_string() ? value.get<std::string>() : "";
      return text.starts_with("NC") && text.size() > 3 ? "channels_first" : "channels_last";
    }
  }
  if (field == "newshape") return known_lengths(value);
  if (field == "indices_or_sections") return indices_from_sizes(value);
  if (field == "mode" && value == "CONSTANT") return "constant";
  if (field == "mode" && value == "REFLECT") return "reflect";
  if (field == "mode" && value == "SYMMETRIC") return "symmetric";
  if (field == "ord" && value == "euclidean") return nullptr;
  if (field == "keepdims" && value.is_null()) return false;
  // TensorFlow bounds the squared length.
  if (class_name == "Normalize" && field == "epsilon" && value.is_number())
    return std::sqrt(std::max(0.0, value.get<double>()));
  return value;
}

// Moves the keyword arguments of a call to where Keras 3 has them: operands into `args`, the rest into the
// config. What stays is refused by the operation, which names it.
void modernize_call(const TensorflowFunction& function, Json& node, Json& config) {
  if (!is_node(node)) return;
  Json& args = node["args"];
  Json& kwargs = node["kwargs"];
  // TensorFlow's name of the call.
  kwargs.erase("name");
  if (function.takes_list && (args.empty() || !args[0].is_array())) args = Json::array({args});
  for (const char* keyword : function.operands) {
    if (!kwargs.contains(keyword)) continue;
    args.push_back(function.class_name == std::string("GetItem") ? modern_key(kwargs[keyword])
                                                                 : kwargs[keyword]);
    kwargs.erase(keyword);
  }
  for (const auto& [keyword, field] : function.fields) {
    if (kwargs.contains(keyword)) config[field] = modern_field(function.class_name, field, kwargs[keyword]);
    kwargs.erase(keyword);
  }
  for (const auto& [keyword, idle] : idle_arguments()) {
    if (kwargs.contains(keyword) && (kwargs[keyword] == idle || kwargs[keyword].is_null()))
      kwargs.erase(keyword);
  }
}

// A matrix product with a transposed operand is no Matmul of Keras 3.
void use_einsum_if_transposed(Json& layer, Json& node) {
  if (!is_node(node) || layer["class_name"] != "Matmul") return;
  Json& kwargs = node["kwargs"];
  const bool a = kwargs.contains("transpose_a") && kwargs["transpose_a"] == true;
  const bool b = kwargs.contains("transpose_b") && kwargs["transpose_b"] == true;
  if (!a && !b) return;
  kwargs.erase("transpose_a");
  kwargs.erase("transpose_b");
  layer["class_name"] = "Einsum";
  layer["config"]["subscripts"] = std::string(a ? "...ky," : "...yk,") + (b ? "...xk" : "...kx") + "->...yx";
}

std::string without_version(const std::string& function) {
  constexpr const char* kOld = "compat.v1.";
  return function.starts_with(kOld) ? function.substr(std::string(kOld).size()) : function;
}

}  // namespace

void modernize_operation(Json& layer) {
  const bool is_function = layer["class_name"] == "TFOpLambda" || layer["class_name"] == "SlicingOpLambda";
  if (!is_function || !layer["config"].is_object()) return;
  const Json& config = layer["config"];
  const auto name = config.find("function");
  if (name == config.end() || !name->is_string()) return;
  const auto found = tensorflow_functions().find(without_version(name->get<std::string>()));
  if (found == tensorflow_functions().end()) return;
  const TensorflowFunction& function = found->second;
  Json operation_config = Json::parse(function.config);
  if (config.contains("name")) operation_config["name"] = config["name"];
  if (operation_config.contains("epsilon"))
    operation_config["epsilon"] = modern_field(function.class_name, "epsilon", operation_config["epsilon"]);
  // From here on `config` is gone: a new key moves the others.
  layer["class_name"] = function.class_name;
  layer["module"] = function.module;
  const auto nodes = layer.find("inbound_nodes");
  if (nodes != layer.end() && nodes->is_array()) {
    for (Json& node : *nodes) modernize_call(function, node, operation_config);
  }
  layer["config"] = std::move(operation_config);
  if (layer.contains("inbound_nodes") && layer["inbound_nodes"].is_array()) {
    for (Json& node : layer["inbound_nodes"]) use_einsum_if_transposed(layer, node);
  }
}

void restore_operation_module(Json& layer) {
  const Json& config = layer["config"];
  if (!config.is_object() || !layer.contains("inbound_nodes") || layer.contains("module")) return;
  // What has a trainable flag is a layer, also where an operation has its name.
  if (config.contains("trainable")) return;
  for (const char* module :
       {kNumpy, kNn, kMath, kCore, kLinalg, kImage, "keras.src.activations.activations"}) {
    if (!is_registered_layer(std::string(module) + ">" + layer["class_name"].get<std::string>())) continue;
    layer["module"] = module;
    return;
  }
}

}  // namespace sepal
