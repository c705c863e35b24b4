#include "sepal/saving/common_dialect.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>
#include <string_view>

#include "sepal/saving/common_nodes.h"

namespace sepal {
namespace {

// Classes of both, with configs that differ by no more than the table below says. Others, operations on
// tensors among them, exist in one of the two only.
const std::set<std::string>& common_classes() {
  static const std::set<std::string> names = {
      "Activation",
      "ActivityRegularization",
      "Add",
      "AlphaDropout",
      "Average",
      "AveragePooling1D",
      "AveragePooling2D",
      "AveragePooling3D",
      "BatchNormalization",
      "CenterCrop",
      "Concatenate",
      "Conv1D",
      "Conv1DTranspose",
      "Conv2D",
      "Conv2DTranspose",
      "Conv3D",
      "Conv3DTranspose",
      "Cropping1D",
      "Cropping2D",
      "Cropping3D",
      "Dense",
      "DepthwiseConv1D",
      "DepthwiseConv2D",
      "Dot",
      "Dropout",
      "ELU",
      "Embedding",
      "Flatten",
      "Functional",
      "GaussianDropout",
      "GaussianNoise",
      "GlobalAveragePooling1D",
      "GlobalAveragePooling2D",
      "GlobalAveragePooling3D",
      "GlobalMaxPooling1D",
      "GlobalMaxPooling2D",
      "GlobalMaxPooling3D",
      "GroupNormalization",
      "Identity",
      "InputLayer",
      "LayerNormalization",
      "LeakyReLU",
      "Masking",
      "MaxPooling1D",
      "MaxPooling2D",
      "MaxPooling3D",
      "Maximum",
      "Minimum",
      "Multiply",
      "Normalization",
      "PReLU",
      "Permute",
      "RandomBrightness",
      "RandomContrast",
      "RandomCrop",
      "RandomFlip",
      "RandomRotation",
      "RandomTranslation",
      "RandomZoom",
      "ReLU",
      "RepeatVector",
      "Rescaling",
      "Reshape",
      "Resizing",
      "SeparableConv1D",
      "SeparableConv2D",
      "Sequential",
      "Softmax",
      "SpatialDropout1D",
      "SpatialDropout2D",
      "SpatialDropout3D",
      "Subtract",
      "TimeDistributed",
      "UnitNormalization",
      "UpSampling1D",
      "UpSampling2D",
      "UpSampling3D",
      "ZeroPadding1D",
      "ZeroPadding2D",
      "ZeroPadding3D",
      // Initializers, regularizers, constraints
      "Constant",
      "GlorotNormal",
      "GlorotUniform",
      "HeNormal",
      "HeUniform",
      "L1",
      "L1L2",
      "L2",
      "LecunNormal",
      "LecunUniform",
      "MaxNorm",
      "MinMaxNorm",
      "NonNeg",
      "Ones",
      "Orthogonal",
      "OrthogonalRegularizer",
      "RandomNormal",
      "RandomUniform",
      "TruncatedNormal",
      "UnitNorm",
      "VarianceScaling",
      "Zeros",
  };
  return names;
}

// Classes of tf.keras.applications; tf.keras 2 finds the last one under the package of its users.
bool is_class_of_applications(const std::string& name) {
  return name == "LayerScale" || name == "StochasticDepth" || name == "CustomScaleLayer";
}

bool is_common_module(const std::string& module) {
  return module == "keras" || module == "keras.layers" || module == "keras.initializers" ||
         module == "keras.regularizers" || module == "keras.constraints" ||
         module == "keras.src.models.functional";
}

// "hard_sigmoid" is in both, as two functions.
bool is_common_activation(const std::string& name) {
  static const std::set<std::string> names = {"elu",      "exponential", "gelu",  "linear",  "mish",
                                              "relu",     "selu",        "silu",  "sigmoid", "softmax",
                                              "softplus", "softsign",    "swish", "tanh"};
  return names.contains(name);
}

// Fields of Keras 3 that may be left out where they have this value, and tell what tf.keras 2 cannot do where
// they have another.
struct Omissible {
  const char* classes;  // whose names begin so
  const char* field;
  const char* value;  // JSON
};

constexpr Omissible kOmissible[] = {
    {"", "quantization_config", "null"},
    {"", "lora_rank", "null"},
    {"", "lora_alpha", "null"},
    {"", "input_axes", "null"},
    {"", "output_axes", "null"},
    {"BatchNormalization", "synchronized", "false"},
    {"BatchNormalization", "renorm", "false"},
    {"BatchNormalization", "renorm_clipping", "null"},
    {"BatchNormalization", "renorm_momentum", "0.99"},
    {"LayerNormalization", "rms_scaling", "false"},
    {"InputLayer", "optional", "false"},
    {"ZeroPadding1D", "data_format", R"("channels_last")"},
    {"CenterCrop", "data_format", R"("channels_last")"},
    {"Random", "data_format", R"("channels_last")"},
    {"RandomContrast", "value_range", "[0,255]"},
    {"Resizing", "data_format", R"("channels_last")"},
    {"Resizing", "pad_to_aspect_ratio", "false"},
    {"Resizing", "fill_mode", R"("constant")"},
    {"Resizing", "fill_value", "0.0"},
    {"Resizing", "antialias", "false"},
};

constexpr const char* kOmissibleOfOptimizers[][2] = {
    {"weight_decay", "null"},
    {"clipnorm", "null"},
    {"global_clipnorm", "null"},
    {"clipvalue", "null"},
    {"use_ema", "false"},
    {"ema_momentum", "0.99"},
    {"ema_overwrite_frequency", "null"},
    {"loss_scale_factor", "null"},
    {"gradient_accumulation_steps", "null"},
};

void rename_field(Json& config, const char* name, const char* new_name) {
  const auto found = config.find(name);
  if (found == config.end()) return;
  Json value = std::move(*found);
  config.erase(found);
  config[new_name] = std::move(value);
}

// Both generations of Keras put one of these settings around the optimizer of a model in mixed precision,
// and each has another name for it.
void unwrap_usual_loss_scale(Json& optimizer_config) {
  if (optimizer_config["class_name"] != "LossScaleOptimizer") return;
  const Json& config = optimizer_config["config"];
  const Json inner = config.value("inner_optimizer", Json());
  if (!inner.is_object() || config.value("initial_scale", Json()) != 32768.0 ||
      config.value("dynamic_growth_steps", Json()) != 2000) {
    return;
  }
  optimizer_config = {{"class_name", inner["class_name"]}, {"config", inner["config"]}};
}

// tf.keras 2 makes name scopes of the names of layers.
bool is_name_of_tensorflow(const Json& value) {
  if (!value.is_string()) return false;
  const auto name = value.get<std::string>();
  const auto is_in = [](char c, const char* others) {
    const bool is_alphanumeric = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    return is_alphanumeric || std::string_view(others).find(c) != std::string_view::npos;
  };
  return !name.empty() && is_in(name[0], ".") &&
         std::all_of(name.begin(), name.end(), [&](char c) { return is_in(c, "._/>-"); });
}

bool is_above_one(const Json& lengths) {
  if (!lengths.is_array()) return lengths.is_number() && lengths > 1;
  return std::any_of(lengths.begin(), lengths.end(), is_above_one);
}

void to_keras2_fields(Json& config) {
  for (const char* field : {"loss_scale_factor", "gradient_accumulation_steps"}) {
    if (config.contains(field) && config[field].is_null()) config.erase(field);
  }
  config["is_legacy_optimizer"] = false;
}

class CommonDialect {
 public:
  explicit CommonDialect(const Operands* operands) : operands_(operands) {}

  std::optional<std::string> run(Json& envelope) {
    rewrite(envelope);
    return problem_;
  }

 private:
  void fail(const std::string& what) {
    if (!problem_) problem_ = what;
  }

  void rewrite(Json& value) {
    if (!value.is_structured()) return;
    if (!value.is_object() || !value.contains("class_name") || !value.contains("config")) {
      for (Json& item : value) rewrite(item);
      return;
    }
    const auto class_name = value["class_name"].get<std::string>();
    if (class_name == "DTypePolicy") {
      const Json name = value["config"]["name"];
      value = name;
      return;
    }
    if (class_name == "function" && value["config"] == "sepal>keras2_hard_sigmoid" && operands_ != nullptr) {
      value = "hard_sigmoid";
      return;
    }
    // Written here already; no layer of Sepal has these names.
    if (class_name == "TFOpLambda" || class_name == "SlicingOpLambda") return;
    if (operands_ != nullptr && is_class_of_applications(class_name)) {
      if (class_name == "CustomScaleLayer") {
        value["class_name"] = "Custom>CustomScaleLayer";
        value["registered_name"] = value["class_name"];
      }
      return rewrite_config(class_name, value["config"]);
    }
    const Json module = value.value("module", Json());
    if (!common_classes().contains(class_name) || !module.is_string() ||
        !is_common_module(module.get<std::string>())) {
      return fail(fmt::format("the class '{}'", class_name));
    }
    rewrite_config(class_name, value["config"]);
  }

  void rewrite_config(const std::string& class_name, Json& config) {
    const std::string where = config.contains("name") && config["name"].is_string()
                                  ? fmt::format("layer '{}'", config["name"].get<std::string>())
                                  : class_name;
    if (config.contains("name") && !is_name_of_tensorflow(config["name"])) {
      fail(fmt::format("the name {}", config["name"].dump()));
    }
    const bool renormalizes = config.value("renorm", Json()) == true;
    for (const Omissible& row : kOmissible) {
      if (!class_name.starts_with(row.classes) || !config.contains(row.field)) continue;
      // tf.keras writes these fields where they say something, too.
      if (std::string_view(row.field).starts_with("renorm") && renormalizes) continue;
      if (config[row.field] == Json::parse(row.value)) {
        config.erase(row.field);
      } else {
        fail(fmt::format("{}: field '{}' is {}", where, row.field, config[row.field].dump()));
      }
    }
    expect_common_activation(config, where);
    expect_common_strides(class_name, config, where);
    if (class_name == "InputLayer") rename_field(config, "batch_shape", "batch_input_shape");
    if (class_name == "LeakyReLU") rename_field(config, "negative_slope", "alpha");
    if (class_name == "Functional") {
      if (operands_ != nullptr) write_operations(config["layers"]);
      if (problem_) return;
      if (const auto problem = to_common_nodes(config)) fail(*problem);
    }
    // After the nodes, which this would take for objects of a class.
    for (Json& field : config) rewrite(field);
  }

  void write_operations(Json& layers) {
    expand_activations(layers);
    for (Json& layer : layers) {
      if (problem_ || !is_keras3_operation(layer)) continue;
      if (!is_name_of_tensorflow(layer["name"])) fail(fmt::format("the name {}", layer["name"].dump()));
      const auto found = operands_->find(layer["name"].get<std::string>());
      const std::vector<Operand> of_layer =
          found == operands_->end() ? std::vector<Operand>{} : found->second;
      if (const auto problem = to_tensorflow_function(layer, of_layer)) fail(*problem);
    }
  }

  void expect_common_activation(const Json& config, const std::string& where) {
    const Json activation = config.value("activation", Json());
    if (activation.is_string() && !is_common_activation(activation.get<std::string>())) {
      fail(fmt::format("{}: field 'activation' is {}", where, activation.dump()));
    }
  }

  void expect_common_strides(const std::string& class_name, const Json& config, const std::string& where) {
    const bool is_dilated = is_above_one(config.value("dilation_rate", Json()));
    const bool is_per_channel = class_name.starts_with("Separable") || class_name.starts_with("Depthwise");
    if ((is_per_channel && is_dilated && is_above_one(config.value("strides", Json()))) ||
        (class_name == "Conv3DTranspose" && is_dilated)) {
      fail(fmt::format("{}: field 'dilation_rate' is {}", where, config["dilation_rate"].dump()));
    }
  }

  const Operands* operands_;
  std::optional<std::string> problem_;
};

}  // namespace

std::optional<std::string> to_common_dialect(Json& envelope, const Operands* operands) {
  return CommonDialect(operands).run(envelope);
}

void to_common_optimizer(Json& optimizer_config) {
  unwrap_usual_loss_scale(optimizer_config);
  static const std::set<std::string> kInEveryGeneration = {"Adadelta", "Adagrad", "Adam",    "Adamax",
                                                           "Ftrl",     "Nadam",   "RMSprop", "SGD"};
  if (!kInEveryGeneration.contains(optimizer_config["class_name"].get<std::string>())) return;
  Json config = optimizer_config["config"];
  // Read only where averages are kept; tf.keras 2 gives RMSprop another default.
  if (config.value("use_ema", Json()) == false) {
    for (const char* field : {"ema_momentum", "ema_overwrite_frequency"}) config.erase(field);
  }
  for (const auto& [field, value] : kOmissibleOfOptimizers) {
    if (!config.contains(field)) continue;
    if (config[field] == Json::parse(value)) {
      config.erase(field);
    } else if (std::string_view(field).find("clip") == std::string_view::npos) {
      return;
    }
  }
  optimizer_config["config"] = std::move(config);
}

void to_keras2_optimizer(Json& optimizer_config) {
  Json& config = optimizer_config["config"];
  if (optimizer_config["class_name"] == "LossScaleOptimizer") {
    optimizer_config["class_name"] = "LossScaleOptimizerV3";
    Json inner = config["inner_optimizer"];
    to_keras2_fields(inner["config"]);
    config = {{"inner_optimizer", std::move(inner)},
              {"dynamic", true},
              {"initial_scale", config["initial_scale"]},
              {"dynamic_growth_steps", config["dynamic_growth_steps"]}};
    return;
  }
  optimizer_config["class_name"] = "Custom>" + optimizer_config["class_name"].get<std::string>();
  to_keras2_fields(config);
}

}  // namespace sepal
