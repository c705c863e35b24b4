#include "sepal/saving/dialect_operations.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "sepal/graph/keras_modules.h"
#include "sepal/layers/registry.h"

namespace sepal {
namespace {

using keras_modules::kCore;
using keras_modules::kImage;
using keras_modules::kLinalg;
using keras_modules::kMath;
using keras_modules::kNn;
using keras_modules::kNumpy;
constexpr const char* kLayers = "keras.layers";

// A keyword argument of TensorFlow's function that is a field of the operation's config.
struct Field {
  const char* keyword;
  const char* field;
};

// What Keras 3 has for a function of TensorFlow.
struct OldFunction {
  const char* module;
  const char* class_name;
  std::vector<const char*> operands = {};  // keyword arguments that are operands after the first, in order
  std::vector<Field> fields = {};
  Json config = Json::object();  // fields where TensorFlow's default is another than that of Keras
  bool takes_list = false;
};

const std::vector<Field> kReduction = {{"axis", "axis"}, {"keepdims", "keepdims"}};
const std::vector<Field> kAxis = {{"axis", "axis"}};
const std::vector<Field> kPooling = {
    {"ksize", "pool_size"}, {"strides", "strides"}, {"padding", "padding"}, {"data_format", "data_format"}};
const Json kPoolingConfig = {{"data_format", "channels_last"}};

// By name in tf, "compat.v1." left out, "math." and "nn." as TensorFlow exports it.
const std::map<std::string, OldFunction>& functions() {
  static const std::map<std::string, OldFunction> table = {
      {"__operators__.add", {kNumpy, "Add", {"y"}}},
      {"math.add", {kNumpy, "Add", {"y"}}},
      {"math.subtract", {kNumpy, "Subtract", {"y"}}},
      {"math.multiply", {kNumpy, "Multiply", {"y"}}},
      {"math.truediv", {kNumpy, "TrueDivide", {"y"}}},
      {"math.divide", {kNumpy, "TrueDivide", {"y"}}},
      {"realdiv", {kNumpy, "TrueDivide", {"y"}}},
      {"math.floordiv", {kNumpy, "FloorDivide", {"y"}}},
      {"floor_div", {kNumpy, "FloorDivide", {"y"}}},
      {"math.floormod", {kNumpy, "Mod", {"y"}}},
      {"math.pow", {kNumpy, "Power", {"y"}}},
      {"math.maximum", {kNumpy, "Maximum", {"y"}}},
      {"math.minimum", {kNumpy, "Minimum", {"y"}}},
      {"math.equal", {kNumpy, "Equal", {"y"}}},
      {"math.not_equal", {kNumpy, "NotEqual", {"y"}}},
      {"math.greater", {kNumpy, "Greater", {"y"}}},
      {"math.greater_equal", {kNumpy, "GreaterEqual", {"y"}}},
      {"math.less", {kNumpy, "Less", {"y"}}},
      {"math.less_equal", {kNumpy, "LessEqual", {"y"}}},
      {"math.logical_and", {kNumpy, "LogicalAnd", {"y"}}},
      {"math.logical_or", {kNumpy, "LogicalOr", {"y"}}},
      {"math.logical_xor", {kNumpy, "LogicalXor", {"y"}}},
      {"math.logical_not", {kNumpy, "LogicalNot"}},
      {"where", {kNumpy, "Where", {"x", "y"}}},
      {"math.negative", {kNumpy, "Negative"}},
      {"math.abs", {kNumpy, "Absolute"}},
      {"math.sqrt", {kNumpy, "Sqrt"}},
      {"math.rsqrt", {kMath, "Rsqrt"}},
      {"math.square", {kNumpy, "Square"}},
      {"math.reciprocal", {kNumpy, "Reciprocal"}},
      {"math.exp", {kNumpy, "Exp"}},
      {"math.expm1", {kNumpy, "Expm1"}},
      {"math.log", {kNumpy, "Log"}},
      {"math.log1p", {kNumpy, "Log1p"}},
      {"math.sin", {kNumpy, "Sin"}},
      {"math.cos", {kNumpy, "Cos"}},
      {"math.tan", {kNumpy, "Tan"}},
      {"math.sinh", {kNumpy, "Sinh"}},
      {"math.cosh", {kNumpy, "Cosh"}},
      {"math.tanh", {kNumpy, "Tanh"}},
      {"math.atan", {kNumpy, "Arctan"}},
      {"math.erf", {kMath, "Erf"}},
      {"math.sign", {kNumpy, "Sign"}},
      {"math.floor", {kNumpy, "Floor"}},
      {"math.ceil", {kNumpy, "Ceil"}},
      {"math.round", {kNumpy, "Round"}},
      {"math.is_nan", {kNumpy, "Isnan"}},
      {"math.sigmoid", {kNn, "Sigmoid"}},
      {"math.log_sigmoid", {kNn, "LogSigmoid"}},
      {"math.softplus", {kNn, "Softplus"}},
      {"nn.relu", {kNn, "Relu"}},
      {"nn.relu6", {kNn, "Relu6"}},
      {"nn.selu", {kNn, "Selu"}},
      {"nn.silu", {kNn, "Silu"}},
      {"nn.softsign", {kNn, "Softsign"}},
      {"nn.elu", {kNn, "Elu", {}, {}, {{"alpha", 1.0}}}},
      {"nn.leaky_relu", {kNn, "LeakyRelu", {}, {{"alpha", "negative_slope"}}}},
      {"nn.gelu", {kNn, "Gelu", {}, {{"approximate", "approximate"}}, {{"approximate", false}}}},
      {"nn.softmax", {kNn, "Softmax", {}, kAxis}},
      {"nn.log_softmax", {kNn, "LogSoftmax", {}, kAxis}},
      {"math.l2_normalize",
       {kNn, "Normalize", {}, {{"axis", "axis"}, {"epsilon", "epsilon"}}, {{"epsilon", 1e-12}}}},
      {"math.reduce_mean", {kNumpy, "Mean", {}, kReduction}},
      {"math.reduce_sum", {kNumpy, "Sum", {}, kReduction}},
      {"math.reduce_max", {kNumpy, "Max", {}, kReduction}},
      {"math.reduce_min", {kNumpy, "Min", {}, kReduction}},
      {"math.reduce_variance", {kNumpy, "Var", {}, kReduction}},
      {"math.reduce_std", {kNumpy, "Std", {}, kReduction}},
      {"math.reduce_any", {kNumpy, "Any", {}, kReduction}},
      {"math.reduce_all", {kNumpy, "All", {}, kReduction}},
      {"math.reduce_logsumexp", {kMath, "Logsumexp", {}, kReduction}},
      {"math.argmax", {kNumpy, "Argmax", {}, kAxis, {{"axis", 0}}}},
      {"math.argmin", {kNumpy, "Argmin", {}, kAxis, {{"axis", 0}}}},
      {"math.reduce_prod", {kNumpy, "Prod", {}, kReduction}},
      {"math.cumsum", {kNumpy, "Cumsum", {}, kAxis, {{"axis", 0}}}},
      {"math.cumprod", {kNumpy, "Cumprod", {}, kAxis, {{"axis", 0}}}},
      {"sort", {kNumpy, "Sort", {}, kAxis, {{"axis", -1}}}},
      {"argsort", {kNumpy, "Argsort", {}, kAxis, {{"axis", -1}}}},
      {"math.top_k", {kMath, "TopK", {}, {{"k", "k"}, {"sorted", "sorted"}}}},
      {"image.resize",
       {kImage, "Resize", {}, {{"size", "size"}, {"method", "interpolation"}, {"antialias", "antialias"}}}},
      {"nn.max_pool", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.max_pool1d", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.max_pool2d", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.max_pool3d", {kNn, "MaxPool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool1d", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool2d", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"nn.avg_pool3d", {kNn, "AveragePool", {}, kPooling, kPoolingConfig}},
      {"norm", {kLinalg, "Norm", {}, {{"ord", "ord"}, {"axis", "axis"}, {"keepdims", "keepdims"}}}},
      {"linalg.matmul", {kNumpy, "Matmul", {"b"}}},
      {"tensordot", {kNumpy, "Tensordot", {"b"}, {{"axes", "axes"}}}},
      {"reshape", {kNumpy, "Reshape", {}, {{"shape", "newshape"}}}},
      {"transpose", {kNumpy, "Transpose", {}, {{"perm", "axes"}}}},
      {"expand_dims", {kNumpy, "ExpandDims", {}, kAxis}},
      {"squeeze", {kNumpy, "Squeeze", {}, kAxis}},
      {"concat", {kNumpy, "Concatenate", {}, kAxis, {}, true}},
      {"stack", {kNumpy, "Stack", {}, kAxis, {{"axis", 0}}, true}},
      {"split", {kNumpy, "Split", {}, {{"num_or_size_splits", "indices_or_sections"}, {"axis", "axis"}}}},
      {"unstack", {kCore, "Unstack", {}, {{"num", "num"}, {"axis", "axis"}}}},
      {"tile", {kNumpy, "Tile", {}, {{"multiples", "repeats"}}}},
      {"repeat", {kNumpy, "Repeat", {}, {{"repeats", "repeats"}, {"axis", "axis"}}}},
      {"reverse", {kNumpy, "Flip", {}, kAxis}},
      {"pad", {kNumpy, "Pad", {}, {{"paddings", "pad_width"}, {"mode", "mode"}}}},
      {"gather", {kNumpy, "Take", {"indices"}, kAxis, {{"axis", 0}}}},
      {"broadcast_to", {kNumpy, "BroadcastTo", {}, {{"shape", "shape"}}}},
      {"shape", {kCore, "Shape"}},
      {"clip_by_value", {kNumpy, "Clip", {}, {{"clip_value_min", "x_min"}, {"clip_value_max", "x_max"}}}},
      {"cast", {kCore, "Cast", {}, {{"dtype", "dtype"}}}},
      {"one_hot", {kNn, "OneHot", {}, {{"depth", "num_classes"}, {"axis", "axis"}, {"dtype", "dtype"}}}},
      {"zeros_like", {kNumpy, "ZerosLike", {}, {{"dtype", "dtype"}}}},
      {"ones_like", {kNumpy, "OnesLike", {}, {{"dtype", "dtype"}}}},
      {"stop_gradient", {kCore, "StopGradient"}},
      {"identity", {kLayers, "Identity"}},
      {"math.add_n", {kLayers, "Add", {}, {}, {}, true}},
      {"__operators__.getitem", {kNumpy, "GetItem", {"slice_spec"}}},
  };
  return table;
}

// Arguments that say nothing if they have this value, or None.
const std::map<std::string, Json>& idle_arguments() {
  static const std::map<std::string, Json> table = {
      {"conjugate", false},
      {"validate_indices", nullptr},
      {"batch_dims", 0},
      {"constant_values", 0},
      {"out_type", "int32"},
      {"output_type", "int64"},
      {"transpose_a", false},
      {"transpose_b", false},
      {"adjoint_a", false},
      {"adjoint_b", false},
      {"exclusive", false},
      {"reverse", false},
      {"direction", "ASCENDING"},
      {"stable", false},
      {"preserve_aspect_ratio", false},
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
  if (field == "ord" && value == "euclidean") return nullptr;
  if (field == "keepdims" && value.is_null()) return false;
  // TensorFlow bounds the squared length.
  if (class_name == "Normalize" && field == "epsilon" && value.is_number())
    return std::sqrt(std::max(0.0, value.get<double>()));
  return value;
}

// Moves the keyword arguments of a call to where Keras 3 has them: operands into `args`, the rest into the
// config. What stays is refused by the operation, which names it.
void modernize_call(const OldFunction& function, Json& node, Json& config) {
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
  const auto found = functions().find(without_version(name->get<std::string>()));
  if (found == functions().end()) return;
  const OldFunction& function = found->second;
  Json operation_config = function.config;
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
