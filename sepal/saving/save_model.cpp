#include "sepal/saving/save_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <map>
#include <nlohmann/json.hpp>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/common_dialect.h"
#include "sepal/saving/keras_archive.h"
#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/weight_store.h"

namespace sepal {
namespace {

// The layout is that of this version; Keras looks at the number to choose how it reads.
constexpr const char* kKerasVersion = "3.15.1";
// Keras requires the field. A constant keeps equal models equal.
constexpr const char* kDateSaved = "1980-01-01@00:00:00";

void expect_built(const ModelBase& model) {
  if (model.built()) return;
  throw ValueError(
      fmt::format("You are saving model '{}', which has not yet been built. Build it first by "
                  "calling it on some data or by `build_for()`.",
                  model.name()));
}

std::string to_text(const Json& json, const ModelBase& model) {
  try {
    return json.dump();
  } catch (const nlohmann::json::exception&) {
    throw ValueError(
        fmt::format("Model '{}' cannot be saved: a name in it is not valid UTF-8.", model.name()));
  }
}

std::span<const std::byte> bytes_of(const std::string& text) { return std::as_bytes(std::span(text)); }

// Keras 3.15 does not find these names again when it reads a legacy file.
Json with_long_names(const Json& loss) {
  static const std::map<std::string, const char*> kLongNames = {
      {"mse", "mean_squared_error"},
      {"mae", "mean_absolute_error"},
      {"mape", "mean_absolute_percentage_error"},
      {"msle", "mean_squared_logarithmic_error"},
      {"bce", "binary_crossentropy"},
      {"kld", "kl_divergence"},
      {"logcosh", "log_cosh"},
  };
  Json result = loss;
  if (loss.is_string()) {
    std::string name = loss.get<std::string>();
    std::transform(name.begin(), name.end(), name.begin(), [](unsigned char c) { return std::tolower(c); });
    const auto found = kLongNames.find(name);
    if (found != kLongNames.end()) result = found->second;
  } else if (loss.is_array()) {
    for (Json& of_output : result) of_output = with_long_names(of_output);
  } else if (loss.is_object() && !loss.contains("class_name")) {
    for (auto& [output, of_output] : result.items()) of_output = with_long_names(of_output);
  }
  return result;
}

// The training_config of a legacy file.
Json training_config_of(Json compile_config) {
  compile_config["loss"] = with_long_names(compile_config["loss"]);
  const Json optimizer = compile_config["optimizer"];
  compile_config.erase("optimizer");
  compile_config["optimizer_config"] = {{"class_name", optimizer["class_name"]},
                                        {"config", optimizer["config"]}};
  return compile_config;
}

// What the older Keras looks at is the dialect, not the number of its own version.
constexpr const char* kKeras2Version = "2.15.0";

void collect_operands(const Layer& layer, Operands& operands) {
  for (const auto& inner : layer.sublayers()) {
    for (const CallRecord& call : inner->calls()) {
      for (const auto& input : call.inputs) {
        operands[inner->name()].push_back({input->dtype, static_cast<std::size_t>(input->shape.rank())});
      }
    }
    collect_operands(*inner, operands);
  }
}

LegacyModel legacy_model(const ModelBase& model, const Json& config, const Json& compile_config,
                         LegacyReader reader) {
  const bool for_keras2 = reader == LegacyReader::keras2;
  Json model_config = config;
  Operands operands;
  if (for_keras2) collect_operands(model, operands);
  const auto problem = to_common_dialect(model_config, for_keras2 ? &operands : nullptr);
  if (problem && for_keras2) {
    throw ValueError(fmt::format("Model '{}' cannot be saved for tf.keras 2, which does not know: {}.",
                                 model.name(), *problem));
  }
  LegacyModel legacy;
  legacy.keras_version = problem ? kKerasVersion : kKeras2Version;
  legacy.model_config = to_text(problem ? config : model_config, model);
  legacy.optimizer_for_keras2 = for_keras2;
  if (model.compiled()) {
    Json training_config = training_config_of(compile_config);
    Json& optimizer = training_config["optimizer_config"];
    for_keras2 ? to_keras2_optimizer(optimizer) : to_common_optimizer(optimizer);
    legacy.training_config = to_text(training_config, model);
  }
  return legacy;
}

bool is_legacy_name(const std::string& path) { return path.ends_with(".h5") || path.ends_with(".hdf5"); }

}  // namespace

void save_model(const ModelBase& model, const std::string& path, SaveOptions options) {
  if (!path.ends_with(".keras") && !is_legacy_name(path)) {
    throw ValueError(
        fmt::format("Invalid filepath extension for saving. Expected a name that ends in `.keras`, `.h5` or "
                    "`.hdf5`. Received: filepath={}",
                    path));
  }
  expect_built(model);
  Json config = model.to_envelope();
  const Json compile_config = model.get_compile_config();
  if (is_legacy_name(path)) {
    return write_file(
        path, model_to_legacy_h5(model, legacy_model(model, config, compile_config, options.legacy_reader)));
  }
  config["compile_config"] = compile_config;
  const std::string config_text = to_text(config, model);
  const std::string metadata_text =
      to_text({{"keras_version", kKerasVersion}, {"date_saved", kDateSaved}}, model);
  const std::vector<std::byte> weights = weights_to_h5(model);
  write_file(path, make_archive({{kMetadataMember, bytes_of(metadata_text)},
                                 {kConfigMember, bytes_of(config_text)},
                                 {kWeightsMember, weights}}));
}

void save_weights(const ModelBase& model, const std::string& path) {
  if (!is_legacy_name(path)) {
    throw ValueError(
        fmt::format("The filename must end in `.weights.h5`, `.h5` or `.hdf5`. Received: filepath={}", path));
  }
  expect_built(model);
  write_file(path, path.ends_with(".weights.h5") ? weights_to_h5(model)
                                                 : weights_to_legacy_h5(model, kKerasVersion));
}

void ModelBase::save(const std::string& path) const { save_model(*this, path); }

std::string ModelBase::to_json() const {
  Json config = to_envelope();
  config["compile_config"] = get_compile_config();
  return to_text(config, *this);
}

void ModelBase::save_weights(const std::string& path) const { sepal::save_weights(*this, path); }

}  // namespace sepal
