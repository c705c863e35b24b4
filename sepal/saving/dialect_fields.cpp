#include "sepal/saving/dialect_fields.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

namespace sepal {
namespace {

struct Rename {
  const char* old_name;
  const char* name;
};

constexpr Rename kClasses[] = {
    {"Model", "Functional"},
    {"Container", "Functional"},
    {"BatchNormalizationV1", "BatchNormalization"},
    {"BatchNormalizationV2", "BatchNormalization"},
    {"SyncBatchNormalization", "BatchNormalization"},
    {"ThresholdedReLU", "ReLU"},
    // tf.keras registers this one of its own classes (InceptionResNetV2) as its users register theirs.
    {"Custom>CustomScaleLayer", "CustomScaleLayer"},
    // Keras 1
    {"Convolution1D", "Conv1D"},
    {"Convolution2D", "Conv2D"},
    {"Convolution3D", "Conv3D"},
    {"AtrousConvolution1D", "Conv1D"},
    {"AtrousConvolution2D", "Conv2D"},
    {"Deconvolution2D", "Conv2DTranspose"},
    {"SeparableConvolution2D", "SeparableConv2D"},
};

constexpr Rename kFieldsOfKeras1[] = {
    {"nb_filter", "filters"},
    {"subsample", "strides"},
    {"subsample_length", "strides"},
    {"stride", "strides"},
    {"filter_length", "kernel_size"},
    {"pool_length", "pool_size"},
    {"border_mode", "padding"},
    {"dim_ordering", "data_format"},
    {"atrous_rate", "dilation_rate"},
    {"bias", "use_bias"},
    {"init", "kernel_initializer"},
    {"depthwise_init", "depthwise_initializer"},
    {"pointwise_init", "pointwise_initializer"},
    {"beta_init", "beta_initializer"},
    {"gamma_init", "gamma_initializer"},
    {"W_regularizer", "kernel_regularizer"},
    {"b_regularizer", "bias_regularizer"},
    {"W_constraint", "kernel_constraint"},
    {"b_constraint", "bias_constraint"},
    {"p", "rate"},
    {"m", "max_value"},
};

struct FieldsOfClass {
  const char* class_name;
  Rename rename;
};

constexpr FieldsOfClass kFieldsOfClasses[] = {
    {"Dense", {"output_dim", "units"}},       {"LeakyReLU", {"alpha", "negative_slope"}},
    {"ReLU", {"theta", "threshold"}},         {"InputLayer", {"batch_input_shape", "batch_shape"}},
    {"InputLayer", {"input_dtype", "dtype"}}, {"UpSampling1D", {"length", "size"}},
};

enum class SaysNothing { always, null, null_or_false, one };

struct Dropped {
  const char* classes;  // whose names begin so
  const char* field;
  SaysNothing when;
};

constexpr Dropped kDropped[] = {
    // The first layer's input, which the model's reader has taken.
    {"", "batch_input_shape", SaysNothing::always},
    {"", "input_dtype", SaysNothing::always},
    {"", "autocast", SaysNothing::always},
    // Arguments of the base class for a kernel that these layers do not have.
    {"SeparableConv", "groups", SaysNothing::one},
    {"SeparableConv", "kernel_initializer", SaysNothing::always},
    {"SeparableConv", "kernel_regularizer", SaysNothing::null},
    {"SeparableConv", "kernel_constraint", SaysNothing::null},
    {"DepthwiseConv", "groups", SaysNothing::one},
    {"DepthwiseConv", "kernel_initializer", SaysNothing::always},
    {"DepthwiseConv", "kernel_regularizer", SaysNothing::null},
    {"DepthwiseConv", "kernel_constraint", SaysNothing::null},
    {"Conv1DTranspose", "groups", SaysNothing::one},
    {"Conv2DTranspose", "groups", SaysNothing::one},
    {"Conv3DTranspose", "groups", SaysNothing::one},
    // Said by the calls.
    {"Attention", "causal", SaysNothing::always},
    {"AdditiveAttention", "causal", SaysNothing::always},
    // How TensorFlow computes it, not what.
    {"BatchNormalization", "fused", SaysNothing::always},
    {"BatchNormalization", "virtual_batch_size", SaysNothing::null},
    {"BatchNormalization", "adjustment", SaysNothing::null},
    {"BatchNormalization", "mode", SaysNothing::null_or_false},
    {"Embedding", "input_length", SaysNothing::always},
    {"Embedding", "sparse", SaysNothing::null_or_false},
    {"InputLayer", "sparse", SaysNothing::null_or_false},
    {"InputLayer", "ragged", SaysNothing::null_or_false},
};

bool says_nothing(const Json& value, SaysNothing when) {
  switch (when) {
    case SaysNothing::always:
      return true;
    case SaysNothing::null:
      return value.is_null();
    case SaysNothing::null_or_false:
      return value.is_null() || value == false || value == 0;
    case SaysNothing::one:
      return value == 1;
  }
  return false;
}

void rename(Json& config, const Rename& names) {
  const auto found = config.find(names.old_name);
  if (found == config.end() || config.contains(names.name)) return;
  Json value = std::move(*found);
  config.erase(found);
  config[names.name] = std::move(value);
}

void join_kernel_size(Json& config) {
  if (!config.contains("nb_row") || !config.contains("nb_col")) return;
  config["kernel_size"] = Json::array({config["nb_row"], config["nb_col"]});
  config.erase("nb_row");
  config.erase("nb_col");
}

// TensorFlow 1 lists the axes of a batch normalization.
void single_axis(Json& config) {
  const auto axis = config.find("axis");
  if (axis == config.end() || !axis->is_array() || axis->size() != 1) return;
  const Json only = (*axis)[0];
  *axis = only;
}

void replace_text(Json& config, const char* field, const char* old_text, const char* text) {
  const auto found = config.find(field);
  if (found != config.end() && *found == old_text) *found = text;
}

}  // namespace

std::string modern_class_name(const std::string& class_name) {
  const auto* found = std::find_if(std::begin(kClasses), std::end(kClasses),
                                   [&](const Rename& row) { return class_name == row.old_name; });
  return found == std::end(kClasses) ? class_name : found->name;
}

void modernize_fields(const std::string& class_name, Json& config, Dialect dialect) {
  if (!config.is_object()) return;
  for (const FieldsOfClass& row : kFieldsOfClasses) {
    if (class_name == row.class_name) rename(config, row.rename);
  }
  if (dialect == Dialect::keras1) {
    for (const Rename& row : kFieldsOfKeras1) rename(config, row);
    join_kernel_size(config);
    replace_text(config, "data_format", "tf", "channels_last");
    replace_text(config, "data_format", "th", "channels_first");
  }
  for (const Dropped& row : kDropped) {
    if (!class_name.starts_with(row.classes)) continue;
    const auto found = config.find(row.field);
    if (found != config.end() && says_nothing(*found, row.when)) config.erase(found);
  }
  if (class_name == "BatchNormalization") single_axis(config);
  // Keras 3 has another function under this name.
  replace_text(config, "activation", "hard_sigmoid", "keras2_hard_sigmoid");
  replace_text(config, "recurrent_activation", "hard_sigmoid", "keras2_hard_sigmoid");
}

}  // namespace sepal
