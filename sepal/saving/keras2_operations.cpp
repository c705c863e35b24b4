#include "sepal/saving/keras2_operations.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

#include "sepal/base/error.h"
#include "sepal/saving/tensorflow_functions.h"

namespace sepal {
namespace {

constexpr const char* kFunctionModule = "keras.src.layers.core.tf_op_layer";

// Of several functions, the one that tf.keras writes; of two versions of one, that which it calls.
std::string written_function(const std::string& module, const std::string& class_name) {
  static const std::map<std::string, const char*> kChosen = {
      {"Add", "math.add"},          {"TrueDivide", "math.truediv"}, {"FloorDivide", "math.floordiv"},
      {"MaxPool", "nn.max_pool"},   {"AveragePool", "nn.avg_pool"}, {"Transpose", "compat.v1.transpose"},
      {"Take", "compat.v1.gather"}, {"Pad", "compat.v1.pad"},       {"Squeeze", "compat.v1.squeeze"},
      {"Einsum", "linalg.matmul"}};
  const auto chosen = kChosen.find(class_name);
  if (chosen != kChosen.end()) return chosen->second;
  for (const auto& [name, function] : tensorflow_functions()) {
    if (module == function.module && class_name == function.class_name) return name;
  }
  return "";
}

// Operations whose numbers are the same for every type.
const std::set<std::string>& of_any_type() {
  static const std::set<std::string> names = {
      "Argmax",     "Argmin",       "Argsort",    "BroadcastTo", "Cast",         "Concatenate", "Equal",
      "ExpandDims", "Flip",         "GetItem",    "Greater",     "GreaterEqual", "Isnan",       "Less",
      "LessEqual",  "LogicalAnd",   "LogicalNot", "LogicalOr",   "LogicalXor",   "NotEqual",    "OneHot",
      "OnesLike",   "Pad",          "Repeat",     "Reshape",     "Sort",         "Split",       "Squeeze",
      "Stack",      "StopGradient", "Take",       "Tile",        "TopK",         "Transpose",   "Unstack",
      "Where",      "ZerosLike",    "Any",        "All"};
  return names;
}

// Those that keep whole numbers of 32 bits what they are, in both.
const std::set<std::string>& of_whole_numbers() {
  static const std::set<std::string> names = {"Absolute", "Add",      "Max",    "Maximum",  "Min", "Minimum",
                                              "Multiply", "Negative", "Square", "Subtract", "Sum"};
  return names;
}

// Fields that may have this value, or null, where TensorFlow's function has no argument for them.
const std::map<std::string, Json>& idle_fields() {
  static const std::map<std::string, Json> table = {{"dtype", nullptr},
                                                    {"sparse", false},
                                                    {"keepdims", false},
                                                    {"order", 2},
                                                    {"decimals", 0},
                                                    {"antialias", false},
                                                    {"crop_to_aspect_ratio", false},
                                                    {"fill_value", 0.0},
                                                    {"pad_to_aspect_ratio", false},
                                                    {"fill_mode", "constant"},
                                                    {"data_format", "channels_last"}};
  return table;
}

bool is_tensor(const Json& value) {
  return value.is_object() && value.value("class_name", Json()) == "__keras_tensor__";
}

bool is_whole(const Json& value) {
  if (value.is_array()) return std::all_of(value.begin(), value.end(), is_whole);
  return is_tensor(value) || value.is_number_integer();
}

bool has_negative(const Json& value) {
  if (value.is_array()) return std::any_of(value.begin(), value.end(), has_negative);
  return value.is_number() && value < 0;
}

Json constant_of(const Json& value) {
  const bool is_wrapped = value.is_object() && !is_tensor(value) && value.contains("config") &&
                          value["config"].is_object() && value["config"].contains("value");
  return is_wrapped ? value["config"]["value"] : value;
}

// x[key] as the JSON of tf.keras 2 has slices.
Json key_of_keras2(const Json& key) {
  if (key.is_array()) {
    Json list = Json::array();
    for (const Json& item : key) list.push_back(key_of_keras2(item));
    return list;
  }
  if (!key.is_object()) return key;
  if (key.value("class_name", Json()) == "__slice__") return key["config"];
  if (key.value("class_name", Json()) == "__ellipsis__") return {{"class_name", "__ellipsis__"}};
  return key;
}

// Parts that begin there -> their sizes; the last one takes what is left.
Json sizes_from_indices(const Json& indices) {
  if (!indices.is_array()) return indices;
  Json sizes = Json::array();
  std::int64_t begin = 0;
  for (const Json& index : indices) {
    sizes.push_back(index.get<std::int64_t>() - begin);
    begin = index.get<std::int64_t>();
  }
  sizes.push_back(-1);
  return sizes;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

Json function_config(const std::string& function, const Json& name) {
  return {{"name", name}, {"trainable", true}, {"dtype", "float32"}, {"function", function}};
}

class FunctionWriter {
 public:
  FunctionWriter(Json& layer, const std::vector<Operand>& operands)
      : layer_(layer), operands_(operands), class_name_(layer["class_name"].get<std::string>()) {}

  std::optional<std::string> run() {
    const std::string name = written_function(layer_["module"].get<std::string>(), class_name_);
    if (name.empty() || class_name_ == "Shape") {
      fail(fmt::format("TensorFlow has no function that does what the operation '{}' does", class_name_));
      return problem_;
    }
    constexpr const char* kOld = "compat.v1.";
    function_ = &tensorflow_functions().at(name.starts_with(kOld) ? name.substr(10) : name);
    expect_types();
    const Json kwargs = class_name_ == "Einsum" ? transposes() : keywords();
    for (Json& call : layer_["inbound_nodes"]) rewrite_call(call, kwargs);
    const char* written_class = class_name_ == "GetItem" ? "SlicingOpLambda" : "TFOpLambda";
    layer_["module"] = kFunctionModule;
    layer_["class_name"] = written_class;
    layer_["registered_name"] = written_class;
    const Json layer_name = layer_["config"].value("name", layer_["name"]);
    layer_["config"] = function_config(name, layer_name);
    layer_.erase("build_config");
    return problem_;
  }

 private:
  void fail(const std::string& what) {
    if (!problem_) problem_ = fmt::format("layer '{}': {}", layer_["name"].get<std::string>(), what);
  }

  void fail_at(const std::string& field, const Json& value) {
    fail(fmt::format("TensorFlow's function takes no {}={}", field, value.dump()));
  }

  // Keras 3 brings operands to one type, and whole numbers to float32; TensorFlow refuses them or does not.
  void expect_types() {
    // A condition and indices have types of their own.
    const std::size_t first = class_name_ == "Where" ? 1 : 0;
    const std::size_t end =
        class_name_ == "Take" ? std::min<std::size_t>(1, operands_.size()) : operands_.size();
    for (std::size_t i = 0; i < operands_.size(); ++i) {
      const DType dtype = operands_[i].dtype;
      if (i >= first && i < end && dtype != operands_[std::min(first, operands_.size() - 1)].dtype) {
        fail("its operands have different types, which TensorFlow does not bring to one");
      }
      const bool fits = is_floating(dtype) || of_any_type().contains(class_name_) ||
                        (dtype == DType::int32 && of_whole_numbers().contains(class_name_));
      if (!fits) {
        fail(fmt::format("on {} TensorFlow does not compute what the operation '{}' does", name_of(dtype),
                         class_name_));
      }
    }
  }

  bool is_of_whole_numbers() const {
    return !operands_.empty() && !is_floating(operands_.back().dtype) &&
           operands_.back().dtype != DType::boolean;
  }

  Json transposes() {
    const Json& subscripts = layer_["config"]["subscripts"];
    for (const bool a : {false, true}) {
      for (const bool b : {false, true}) {
        if (subscripts != std::string(a ? "...ky," : "...yk,") + (b ? "...xk" : "...kx") + "->...yx")
          continue;
        return {{"transpose_a", a}, {"transpose_b", b}};
      }
    }
    fail_at("subscripts", subscripts);
    return Json::object();
  }

  // The config's fields as keyword arguments.
  Json keywords() {
    Json kwargs = Json::object();
    const Json defaults = Json::parse(function_->config);
    for (const auto& [field, value] : layer_["config"].items()) {
      if (field == "name") continue;
      const auto found =
          std::find_if(function_->fields.begin(), function_->fields.end(),
                       [&, name = field](const FunctionField& row) { return name == row.field; });
      if (found != function_->fields.end()) {
        put_field(kwargs, found->keyword, field, constant_of(value));
      } else if (defaults.contains(field) ? value != defaults[field] : !says_nothing(field, value)) {
        fail_at(field, value);
      }
    }
    if (class_name_ == "Argmax" || class_name_ == "Argmin") kwargs["output_type"] = "int32";
    return kwargs;
  }

  static bool says_nothing(const std::string& field, const Json& value) {
    const auto idle = idle_fields().find(field);
    return value.is_null() || (idle != idle_fields().end() && value == idle->second);
  }

  bool is_pooling() const { return class_name_ == "MaxPool" || class_name_ == "AveragePool"; }

  void put_field(Json& kwargs, const char* keyword, const std::string& field, const Json& value) {
    const std::optional<Json> written = written_value(field, value);
    if (!written) {
      fail_at(field, value);
    } else if (!written->is_null()) {
      kwargs[keyword] = *written;
    }
  }

  // Null where the argument is to be left out, nothing where TensorFlow has none like it.
  std::optional<Json> written_value(const std::string& field, const Json& value) const {
    if (field == "data_format")
      return value == "channels_last" || value.is_null() ? std::optional<Json>(Json()) : std::nullopt;
    if (is_pooling() && field == "strides" && value.is_null()) return layer_["config"]["pool_size"];
    if (field == "padding") return upper(value.get<std::string>());
    if (field == "mode") {
      const std::string mode = upper(value.get<std::string>());
      const bool is_known = mode == "CONSTANT" || mode == "REFLECT" || mode == "SYMMETRIC";
      return is_known ? std::optional<Json>(mode) : std::nullopt;
    }
    if (field == "epsilon") {
      // TensorFlow bounds the squared length.
      const double epsilon = value.is_null() ? 1e-7 : value.get<double>();
      return epsilon * epsilon;
    }
    if (field == "axis") return written_axis(value);
    if (field == "newshape" || field == "shape")
      return value.is_array() && is_whole(value) ? std::optional(value) : std::nullopt;
    if (field == "indices_or_sections")
      return is_whole(value) ? std::optional(sizes_from_indices(value)) : std::nullopt;
    if (field == "repeats" && class_name_ == "Tile")
      return is_of_rank(value) ? std::optional(value) : std::nullopt;
    if (field == "pad_width") return is_of_rank(value) ? std::optional(value) : std::nullopt;
    return value;
  }

  bool is_of_rank(const Json& list) const {
    return list.is_array() && !operands_.empty() && list.size() == operands_[0].rank;
  }

  std::optional<Json> written_axis(const Json& axis) const {
    if (class_name_ == "Flip") {
      if (axis.is_number()) return Json::array({axis});
      if (axis.is_null() && !operands_.empty()) {
        Json all = Json::array();
        for (std::size_t i = 0; i < operands_[0].rank; ++i) all.push_back(i);
        return all;
      }
      return axis;
    }
    static const std::set<std::string> kOneAxis = {"Argmax", "Argmin",     "Argsort", "Cumprod",
                                                   "Cumsum", "Sort",       "Softmax", "LogSoftmax",
                                                   "Take",   "ExpandDims", "Stack",   "Concatenate"};
    if (kOneAxis.contains(class_name_) && !axis.is_number_integer()) return std::nullopt;
    return axis;
  }

  // tf.keras makes a tensor of the first argument before TensorFlow sees the type of the other one.
  bool makes_float32_of(const Json& first) const {
    return first.is_number() && !operands_.empty() && is_floating(operands_[0].dtype) &&
           operands_[0].dtype != DType::float32;
  }

  void rewrite_call(Json& call, const Json& kwargs_of_config) {
    Json args = call["args"];
    Json kwargs = Json::object();
    const std::size_t most = 1 + function_->operands.size();
    if (args.empty() || args.size() > most)
      return fail("it is called with other arguments than TensorFlow's function");
    for (std::size_t i = 1; i < args.size(); ++i) {
      const Json value = constant_of(args[i]);
      kwargs[function_->operands[i - 1]] = class_name_ == "GetItem" ? key_of_keras2(value) : value;
    }
    for (const auto& [keyword, value] : call["kwargs"].items()) {
      if (value.is_null()) continue;
      if (keyword != "constant_values" || class_name_ != "Pad") return fail_at(keyword, value);
      kwargs[keyword] = value;
    }
    kwargs.update(kwargs_of_config);
    if (class_name_ == "Take" && kwargs.contains("indices") && has_negative(kwargs["indices"])) {
      return fail_at("negative indices", kwargs["indices"]);
    }
    Json first = constant_of(args[0]);
    if (makes_float32_of(first)) {
      static const std::set<std::string> kOfAnyOrder = {"Add",     "Multiply", "Maximum",
                                                        "Minimum", "Equal",    "NotEqual"};
      if (!kOfAnyOrder.contains(class_name_))
        return fail("tf.keras makes float32 of a number that comes first");
      std::swap(first, kwargs["y"]);
    }
    if (of_whole_numbers().contains(class_name_) && is_of_whole_numbers() &&
        !(is_whole(first) && (!kwargs.contains("y") || is_whole(kwargs["y"])))) {
      return fail("TensorFlow does not bring a fraction and whole numbers to one type");
    }
    call = {{"args", Json::array({first})}, {"kwargs", std::move(kwargs)}};
  }

  Json& layer_;
  const std::vector<Operand>& operands_;
  std::string class_name_;
  const TensorflowFunction* function_ = nullptr;
  std::optional<std::string> problem_;
};

// What the only call of a layer made.
Json tensor_of(const std::string& layer) {
  return {{"class_name", "__keras_tensor__"}, {"config", {{"keras_history", Json::array({layer, 0, 0})}}}};
}

std::string unused_name(std::string name, const Json& layers) {
  const auto has_name = [&](const Json& layer) { return layer["name"] == name; };
  while (std::any_of(layers.begin(), layers.end(), has_name)) name += '_';
  return name;
}

Json function_layer(const char* function, const std::string& name, const Json& x, const Json& kwargs) {
  const Json call = {{"args", Json::array({x})}, {"kwargs", kwargs}};
  return {{"module", kFunctionModule},
          {"class_name", "TFOpLambda"},
          {"config", function_config(function, name)},
          {"registered_name", "TFOpLambda"},
          {"name", name},
          {"inbound_nodes", Json::array({call})}};
}

}  // namespace

bool is_keras3_operation(const Json& layer) {
  const Json module = layer.value("module", Json());
  return module.is_string() && (module.get<std::string>().starts_with("keras.src.ops.") ||
                                module == "keras.src.activations.activations");
}

void expand_activations(Json& layers) {
  Json expanded = Json::array();
  for (const Json& layer : layers) {
    const Json activation =
        layer["class_name"] == "Activation" ? layer["config"].value("activation", Json()) : Json();
    const bool is_silu = activation == "hard_silu" || activation == "hard_swish";
    if ((!is_silu && activation != "hard_sigmoid") || layer["inbound_nodes"].size() != 1) {
      expanded.push_back(layer);
      continue;
    }
    // relu6(x + 3) / 6, of "hard_silu" times x.
    const auto name = layer["name"].get<std::string>();
    const std::string raised = unused_name(name + "_raised", layers);
    const std::string cut = unused_name(name + "_cut", layers);
    const std::string gate = is_silu ? unused_name(name + "_gate", layers) : name;
    const Json x = layer["inbound_nodes"][0]["args"][0];
    expanded.push_back(function_layer("math.add", raised, x, {{"y", 3.0}}));
    expanded.push_back(function_layer("nn.relu6", cut, tensor_of(raised), Json::object()));
    expanded.push_back(function_layer("math.multiply", gate, tensor_of(cut), {{"y", 1.0 / 6.0}}));
    if (is_silu) expanded.push_back(function_layer("math.multiply", name, x, {{"y", tensor_of(gate)}}));
  }
  layers = std::move(expanded);
}

std::optional<std::string> to_tensorflow_function(Json& layer, const std::vector<Operand>& operands) {
  return FunctionWriter(layer, operands).run();
}

}  // namespace sepal
