#include "sepal/saving/tensorflow_op.h"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

namespace sepal {
namespace {

// An attribute of an operation that is a keyword argument of the function.
struct Attribute {
  const char* name;
  const char* keyword;
};

// The function of TensorFlow that makes an operation.
struct GraphOp {
  const char* function;
  std::vector<const char*> keywords = {};  // of the inputs behind the first
  std::vector<Attribute> attributes = {};
  bool takes_list = false;  // all inputs but those with keywords, which stand at the end
};

const std::vector<Attribute> kKeepDims = {{"keep_dims", "keepdims"}};
const std::vector<Attribute> kRunning = {{"exclusive", "exclusive"}, {"reverse", "reverse"}};
const std::vector<Attribute> kWindow = {
    {"ksize", "ksize"}, {"strides", "strides"}, {"padding", "padding"}, {"data_format", "data_format"}};
const std::vector<Attribute> kTransposed = {{"transpose_a", "transpose_a"}, {"transpose_b", "transpose_b"}};
const std::vector<Attribute> kAdjoint = {{"adj_x", "transpose_a"}, {"adj_y", "transpose_b"}};

const std::map<std::string, GraphOp>& graph_ops() {
  static const std::map<std::string, GraphOp> table = {
      {"Abs", {"math.abs"}},
      {"Add", {"math.add", {"y"}}},
      {"AddN", {"math.add_n", {}, {}, true}},
      {"AddV2", {"math.add", {"y"}}},
      {"All", {"math.reduce_all", {"axis"}, kKeepDims}},
      {"Any", {"math.reduce_any", {"axis"}, kKeepDims}},
      {"ArgMax", {"math.argmax", {"axis"}}},
      {"ArgMin", {"math.argmin", {"axis"}}},
      {"AvgPool", {"nn.avg_pool", {}, kWindow}},
      {"BatchMatMulV2", {"linalg.matmul", {"b"}, kAdjoint}},
      {"BiasAdd", {"math.add", {"y"}}},
      {"Cast", {"cast", {}, {{"DstT", "dtype"}}}},
      {"Ceil", {"math.ceil"}},
      {"ConcatV2", {"concat", {"axis"}, {}, true}},
      {"Cos", {"math.cos"}},
      {"Cosh", {"math.cosh"}},
      {"Cumprod", {"math.cumprod", {"axis"}, kRunning}},
      {"Cumsum", {"math.cumsum", {"axis"}, kRunning}},
      {"Elu", {"nn.elu"}},
      {"Equal", {"math.equal", {"y"}}},
      {"Erf", {"math.erf"}},
      {"Exp", {"math.exp"}},
      {"ExpandDims", {"expand_dims", {"axis"}}},
      {"Expm1", {"math.expm1"}},
      {"Floor", {"math.floor"}},
      {"FloorDiv", {"math.floordiv", {"y"}}},
      {"FloorMod", {"math.floormod", {"y"}}},
      {"GatherV2", {"gather", {"indices", "axis"}, {{"batch_dims", "batch_dims"}}}},
      {"Greater", {"math.greater", {"y"}}},
      {"GreaterEqual", {"math.greater_equal", {"y"}}},
      {"Identity", {"identity"}},
      {"LeakyRelu", {"nn.leaky_relu", {}, {{"alpha", "alpha"}}}},
      {"Less", {"math.less", {"y"}}},
      {"LessEqual", {"math.less_equal", {"y"}}},
      {"Log", {"math.log"}},
      {"Log1p", {"math.log1p"}},
      {"LogSoftmax", {"nn.log_softmax"}},
      {"LogicalAnd", {"math.logical_and", {"y"}}},
      {"LogicalNot", {"math.logical_not"}},
      {"LogicalOr", {"math.logical_or", {"y"}}},
      {"MatMul", {"linalg.matmul", {"b"}, kTransposed}},
      {"Max", {"math.reduce_max", {"axis"}, kKeepDims}},
      {"MaxPool", {"nn.max_pool", {}, kWindow}},
      {"Maximum", {"math.maximum", {"y"}}},
      {"Mean", {"math.reduce_mean", {"axis"}, kKeepDims}},
      {"Min", {"math.reduce_min", {"axis"}, kKeepDims}},
      {"Minimum", {"math.minimum", {"y"}}},
      {"Mul", {"math.multiply", {"y"}}},
      {"Neg", {"math.negative"}},
      {"NotEqual", {"math.not_equal", {"y"}}},
      {"OnesLike", {"ones_like"}},
      {"Pack", {"stack", {}, {{"axis", "axis"}}, true}},
      {"Pad", {"pad", {"paddings"}}},
      {"Pow", {"math.pow", {"y"}}},
      {"Prod", {"math.reduce_prod", {"axis"}, kKeepDims}},
      {"RealDiv", {"math.truediv", {"y"}}},
      {"Reciprocal", {"math.reciprocal"}},
      {"Relu", {"nn.relu"}},
      {"Relu6", {"nn.relu6"}},
      {"Reshape", {"reshape", {"shape"}}},
      {"ReverseV2", {"reverse", {"axis"}}},
      {"Round", {"math.round"}},
      {"Rsqrt", {"math.rsqrt"}},
      {"Select", {"where", {"x", "y"}}},
      {"SelectV2", {"where", {"x", "y"}}},
      {"Selu", {"nn.selu"}},
      {"Sigmoid", {"math.sigmoid"}},
      {"Sign", {"math.sign"}},
      {"Sin", {"math.sin"}},
      {"Sinh", {"math.sinh"}},
      {"Softmax", {"nn.softmax"}},
      {"Softplus", {"math.softplus"}},
      {"Softsign", {"nn.softsign"}},
      {"SplitV", {"split", {"num_or_size_splits", "axis"}}},
      {"Sqrt", {"math.sqrt"}},
      {"Square", {"math.square"}},
      {"Squeeze", {"squeeze", {}, {{"squeeze_dims", "axis"}}}},
      {"StopGradient", {"stop_gradient"}},
      {"Sub", {"math.subtract", {"y"}}},
      {"Sum", {"math.reduce_sum", {"axis"}, kKeepDims}},
      {"Tan", {"math.tan"}},
      {"Tanh", {"math.tanh"}},
      {"Tile", {"tile", {"multiples"}}},
      {"TopKV2", {"math.top_k", {"k"}, {{"sorted", "sorted"}}}},
      {"Transpose", {"transpose", {"perm"}}},
      {"Unpack", {"unstack", {}, {{"num", "num"}, {"axis", "axis"}}}},
      {"ZerosLike", {"zeros_like"}},
  };
  return table;
}

// What may stand in a field of bytes, as base64 has it.
const std::map<std::string, const char*>& known_bytes() {
  static const std::map<std::string, const char*> table = {
      {"U0FNRQ==", "SAME"}, {"VkFMSUQ=", "VALID"}, {"TkhXQw==", "NHWC"}, {"TkNIVw==", "NCHW"}};
  return table;
}

// Whole numbers of 64 bits are texts in the JSON of a protocol buffer.
Json whole_number(const Json& value) {
  if (!value.is_string()) return value;
  const auto text = value.get<std::string>();
  constexpr std::size_t kMostDigits = 18;
  const std::size_t sign = text.starts_with('-') ? 1 : 0;
  const bool is_number = text.size() > sign && text.size() <= sign + kMostDigits &&
                         text.find_first_not_of("0123456789", sign) == std::string::npos;
  return is_number ? Json(std::stoll(text)) : value;
}

// DT_FLOAT: float32.
Json dtype_name(const Json& value) {
  static const std::map<std::string, const char*> names = {
      {"DT_FLOAT", "float32"}, {"DT_DOUBLE", "float64"}, {"DT_HALF", "float16"}, {"DT_BFLOAT16", "bfloat16"},
      {"DT_INT32", "int32"},   {"DT_INT64", "int64"},    {"DT_BOOL", "bool"},    {"DT_UINT8", "uint8"}};
  if (!value.is_string()) return value;
  const auto found = names.find(value.get<std::string>());
  return found == names.end() ? value : Json(found->second);
}

// {"i": "1"}, {"b": true}, {"list": {"i": ["1"]}}; null if it is something else.
Json attribute_value(const Json& attribute) {
  if (!attribute.is_object() || attribute.size() != 1) return nullptr;
  const auto only = attribute.begin();
  const std::string& kind = only.key();
  const Json& value = only.value();
  if (kind == "i") return whole_number(value);
  if (kind == "b" || kind == "f") return value;
  if (kind == "type") return dtype_name(value);
  if (kind == "s" && value.is_string()) {
    const auto found = known_bytes().find(value.get<std::string>());
    return found == known_bytes().end() ? Json() : Json(found->second);
  }
  if (kind == "list" && value.is_object() && value.contains("i") && value["i"].is_array()) {
    Json numbers = Json::array();
    for (const Json& number : value["i"]) numbers.push_back(whole_number(number));
    return numbers;
  }
  return nullptr;
}

// A number or lists of them; tf.keras from 2.13 on wraps arrays.
Json constant_value(const Json& constant) {
  const bool is_wrapped = constant.is_object() && constant.contains("config") &&
                          constant["config"].is_object() && constant["config"].contains("value");
  return is_wrapped ? constant["config"]["value"] : constant;
}

// The operation's inputs in their order: tensors of the call, and constants at the places that name them.
std::optional<std::vector<Json>> inputs_of(const Json& node, const Json& constants) {
  if (!node.is_object() || !node.contains("args") || !node["args"].is_array()) return std::nullopt;
  const Json& args = node["args"];
  std::vector<Json> inputs;
  for (const Json& tensor : args.size() == 1 && args[0].is_array() ? args[0] : args) inputs.push_back(tensor);
  std::map<std::int64_t, Json> by_place;
  if (constants.is_object()) {
    for (const auto& [key, constant] : constants.items()) {
      const Json place = whole_number(key);
      if (!place.is_number_integer()) return std::nullopt;
      by_place[place.get<std::int64_t>()] = constant_value(constant);
    }
  }
  for (const auto& [place, constant] : by_place) {
    if (place < 0 || place > static_cast<std::int64_t>(inputs.size())) return std::nullopt;
    inputs.insert(inputs.begin() + place, constant);
  }
  return inputs;
}

bool is_set(const Json& mask, std::size_t bit) {
  return mask.is_number_integer() && ((mask.get<std::uint64_t>() >> bit) & 1U) != 0;
}

// x[…] of begins, ends and steps: the inputs of StridedSlice behind the first.
std::optional<Json> slice_key(const std::vector<Json>& inputs, const Json& attributes) {
  if (inputs.size() != 4 || !attributes.is_object()) return std::nullopt;
  const auto mask = [&](const char* name) {
    return attributes.contains(name) ? attribute_value(attributes[name]) : Json(0);
  };
  const Json& begin = inputs[1];
  const bool fits = begin.is_array() && inputs[2].is_array() && inputs[3].is_array() &&
                    begin.size() == inputs[2].size() && begin.size() == inputs[3].size() && begin.size() < 32;
  if (!fits) return std::nullopt;
  Json key = Json::array();
  for (std::size_t i = 0; i < begin.size(); ++i) {
    if (is_set(mask("ellipsis_mask"), i)) {
      key.push_back({{"class_name", "__ellipsis__"}, {"config", Json::object()}});
    } else if (is_set(mask("new_axis_mask"), i)) {
      key.push_back(nullptr);
    } else if (is_set(mask("shrink_axis_mask"), i)) {
      key.push_back(begin[i]);
    } else {
      key.push_back({{"start", is_set(mask("begin_mask"), i) ? Json() : begin[i]},
                     {"stop", is_set(mask("end_mask"), i) ? Json() : inputs[2][i]},
                     {"step", inputs[3][i]}});
    }
  }
  return key;
}

// The call of a function, {"args", "kwargs"}.
std::optional<Json> function_call(const GraphOp& op, const std::vector<Json>& inputs,
                                  const Json& attributes) {
  const std::size_t more = op.keywords.size();
  if (inputs.size() < more + 1 || (!op.takes_list && inputs.size() != more + 1)) return std::nullopt;
  const std::size_t first_keyword = inputs.size() - more;
  Json args = Json::array();
  for (std::size_t i = 0; i < first_keyword; ++i) args.push_back(inputs[i]);
  if (op.takes_list) args = Json::array({args});
  Json kwargs = Json::object();
  for (std::size_t i = 0; i < more; ++i) kwargs[op.keywords[i]] = inputs[first_keyword + i];
  for (const auto& [name, keyword] : op.attributes) {
    if (!attributes.is_object() || !attributes.contains(name)) continue;
    const Json value = attribute_value(attributes[name]);
    if (!value.is_null()) kwargs[keyword] = value;
  }
  return Json{{"args", args}, {"kwargs", kwargs}};
}

// tf.image.resize by the two operations that it is made of.
std::optional<Json> resize_call(const std::vector<Json>& inputs, const Json& attributes, const char* method) {
  // Keras 3 has nothing for other places of the pixels.
  const bool is_centered = attributes.is_object() && attributes.contains("half_pixel_centers") &&
                           attribute_value(attributes["half_pixel_centers"]) == true;
  if (inputs.size() != 2 || !is_centered) return std::nullopt;
  return Json{{"args", Json::array({inputs[0]})}, {"kwargs", {{"size", inputs[1]}, {"method", method}}}};
}

struct FunctionCall {
  std::string function;
  Json node;
};

std::optional<FunctionCall> modern_call(const std::string& op, const std::vector<Json>& inputs,
                                        const Json& attributes) {
  const auto named = [](const char* function, std::optional<Json> node) {
    return node ? std::optional(FunctionCall{function, std::move(*node)}) : std::nullopt;
  };
  if (op == "StridedSlice") {
    const std::optional<Json> key = slice_key(inputs, attributes);
    if (!key) return std::nullopt;
    return FunctionCall{"__operators__.getitem",
                        Json{{"args", Json::array({inputs[0]})}, {"kwargs", {{"slice_spec", *key}}}}};
  }
  if (op == "ResizeBilinear") return named("image.resize", resize_call(inputs, attributes, "bilinear"));
  if (op == "ResizeNearestNeighbor") return named("image.resize", resize_call(inputs, attributes, "nearest"));
  const auto attribute = [&](const char* name) {
    return attributes.is_object() && attributes.contains(name) ? attribute_value(attributes[name]) : Json();
  };
  if (op == "Split" && inputs.size() == 2) {  // the axis comes first
    const Json kwargs = {{"num_or_size_splits", attribute("num_split")}, {"axis", inputs[0]}};
    return FunctionCall{"split", Json{{"args", Json::array({inputs[1]})}, {"kwargs", kwargs}}};
  }
  if (op == "OneHot" && inputs.size() == 4 && inputs[2] == 1 && inputs[3] == 0) {
    const Json kwargs = {{"depth", inputs[1]}, {"axis", attribute("axis")}};
    return FunctionCall{"one_hot", Json{{"args", Json::array({inputs[0]})}, {"kwargs", kwargs}}};
  }
  // What tf.nn.swish wraps around its result, so that it has a gradient of its own.
  if (op == "IdentityN" && !inputs.empty()) {
    return FunctionCall{"identity", Json{{"args", Json::array({inputs[0]})}, {"kwargs", Json::object()}}};
  }
  const auto found = graph_ops().find(op);
  if (found == graph_ops().end()) return std::nullopt;
  return named(found->second.function, function_call(found->second, inputs, attributes));
}

}  // namespace

void modernize_tensorflow_op(Json& layer) {
  if (layer["class_name"] != "TensorFlowOpLayer" || !layer["config"].is_object()) return;
  const Json config = layer["config"];
  // The first versions wrote the bytes of a protocol buffer, which are not read.
  if (!config.contains("node_def") || !config["node_def"].is_object()) return;
  const Json& definition = config["node_def"];
  const bool is_complete = definition.contains("op") && definition["op"].is_string() &&
                           layer.contains("inbound_nodes") && layer["inbound_nodes"].is_array();
  if (!is_complete) return;
  const Json attributes = definition.contains("attr") ? definition["attr"] : Json::object();
  const Json constants = config.contains("constants") ? config["constants"] : Json();
  Json nodes = Json::array();
  std::string function;
  for (const Json& node : layer["inbound_nodes"]) {
    const auto inputs = inputs_of(node, constants);
    if (!inputs) return;
    auto call = modern_call(definition["op"].get<std::string>(), *inputs, attributes);
    if (!call) return;
    function = call->function;
    nodes.push_back(std::move(call->node));
  }
  layer["class_name"] = "TFOpLambda";
  Json modern = {{"function", function}};
  // The config's own name lacks the prefix by which other layers refer to this one.
  if (layer.contains("name")) modern["name"] = layer["name"];
  layer["config"] = std::move(modern);
  layer["inbound_nodes"] = std::move(nodes);
}

}  // namespace sepal
