#include "sepal/saving/load_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/base/unknown_name.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/dialect.h"
#include "sepal/saving/json_limits.h"
#include "sepal/saving/keras_archive.h"
#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/printable.h"
#include "sepal/saving/weight_store.h"
#include "sepal/weights/zero_weights.h"

namespace sepal {
namespace {

constexpr std::uint64_t kMostModelBytes = std::uint64_t{1} << 46;

void report(std::vector<std::string>* notes, std::string text) {
  if (text.empty()) return;
  if (notes != nullptr) {
    notes->push_back(std::move(text));
  } else {
    std::cerr << "Warning: " << text << ".\n";
  }
}

Json read_json(const Archive& archive, const std::string& path, const char* member) {
  const SharedBytes bytes = archive.read_plausible(member, kMostJsonBytes);
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                    fmt::format("'{}': {}", path, member));
}

std::string describe(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  if (is_h5(bytes)) return "an HDF5 file";
  if (is_zip(bytes)) return "a zip archive";
  return fmt::format("a file of {} bytes of another kind", bytes.size());
}

// Errors of layers and configs do not know where the config comes from.
template <class Action>
auto naming_source(const std::string& source, const Action& action) {
  const auto text = [&](const Error& error) {
    // Names from the file stand in it as they are.
    return printable(fmt::format("{}: {}", source, error.what()), kMostMessageBytes);
  };
  try {
    return action();
  } catch (const TypeError& error) {
    throw TypeError(text(error));
  } catch (const UnimplementedError& error) {
    throw UnimplementedError(text(error));
  } catch (const OSError&) {
    throw;
  } catch (const Error& error) {
    throw ValueError(text(error));
  } catch (const nlohmann::json::exception& error) {
    throw ValueError(printable(fmt::format("{}: {}", source, error.what()), kMostMessageBytes));
  }
}

std::string quoted(const std::string& path) { return fmt::format("'{}'", path); }

// How many elements the weights of a config may have before they are compared with those of the file: some
// more than there are, so that a small difference is reported by the comparison, which says where it is.
std::int64_t most_elements(const H5File& file) {
  std::int64_t elements = 0;
  for (const auto& [path, dataset] : file.datasets()) {
    if (dataset.dtype) elements += dataset.shape.num_elements();
  }
  return 2 * elements + (std::int64_t{1} << 20);
}

// A whole model in a file of any kind, in the words of Keras 3.
struct SavedModel {
  Json config;
  Json compile_config;  // null or empty: it was not compiled
  std::unique_ptr<H5File> weights;
  bool is_legacy = false;
};

Json compile_config_of(const Json& config) {
  const auto found = config.find("compile_config");
  return found == config.end() ? Json() : *found;
}

SavedModel read_archive(SharedBytes bytes, const std::string& path) {
  SavedModel saved;
  const Archive archive(std::move(bytes), path);
  saved.config = read_json(archive, path, kConfigMember);
  if (!saved.config.is_object()) {
    throw ValueError(fmt::format("'{}': {}: expected an object.", path, kConfigMember));
  }
  std::optional<std::string> version;
  if (archive.has(kMetadataMember)) {
    const Json metadata = read_json(archive, path, kMetadataMember);
    if (metadata.is_object() && metadata.contains("keras_version") && metadata["keras_version"].is_string()) {
      version = metadata["keras_version"].get<std::string>();
    }
  }
  saved.compile_config = compile_config_of(saved.config);
  saved.config.erase("compile_config");
  modernize(saved.config, dialect_of(version, saved.config));
  saved.weights = std::make_unique<H5File>(archive.read_plausible(kWeightsMember, kMostModelBytes),
                                           fmt::format("{}: {}", path, kWeightsMember));
  return saved;
}

SavedModel read_legacy(SharedBytes bytes, const std::string& path) {
  SavedModel saved;
  saved.is_legacy = true;
  saved.weights = std::make_unique<H5File>(std::move(bytes), path);
  const auto json_attribute = [&](const char* name) {
    const auto text = saved.weights->string_attribute("", name);
    return text ? parse_json(*text, fmt::format("'{}': {}", path, name)) : Json();
  };
  saved.config = json_attribute("model_config");
  if (!saved.config.is_object()) {
    throw ValueError(
        fmt::format("'{}': No model config found in the file. It holds weights alone: make the model and "
                    "use `load_weights`.",
                    path));
  }
  modernize(saved.config, dialect_of(legacy_keras_version(*saved.weights), saved.config));
  saved.compile_config = modern_compile_config(json_attribute("training_config"));
  return saved;
}

void restore_training(ModelBase& model, const SavedModel& saved, const std::string& path,
                      std::vector<std::string>* notes) {
  if (saved.compile_config.empty()) return;
  // A loss, a metric, an optimizer or an argument of theirs that is not known here does not keep a model from
  // predicting; a compile_config that is damaged is an error.
  const auto leave_uncompiled = [&](const Error& error) {
    report(notes, printable(fmt::format("'{}': the model is not compiled: {}", path, error.what()),
                            kMostMessageBytes));
  };
  try {
    model.compile_from_config(saved.compile_config);
  } catch (const UnknownNameError& error) {
    return leave_uncompiled(error);
  } catch (const UnknownKeywordError& error) {
    return leave_uncompiled(error);
  } catch (const UnimplementedError& error) {
    return leave_uncompiled(error);
  } catch (const Error& error) {
    throw ValueError(printable(fmt::format("{}: {}", quoted(path), error.what()), kMostMessageBytes));
  }
  model.build_optimizer();
  const Json* optimizer = config_find(saved.compile_config, "compile_config", "optimizer");
  if (optimizer == nullptr || optimizer->is_null()) {
    report(notes, fmt::format("'{}': the compile_config names no optimizer; a new one is used", path));
  } else if (saved.is_legacy) {
    report(notes, optimizer_from_legacy_h5(model, *saved.weights));
  } else {
    report(notes, optimizer_from_h5(model, *saved.weights));
  }
}

LoadedWeights saved_weights(const ModelBase& model, const SavedModel& saved,
                            std::vector<std::string>& left_out) {
  if (!saved.is_legacy) return weights_from_h5(model, *saved.weights);
  return weights_from_legacy_h5(model, *saved.weights, {.same_model = true}, left_out);
}

}  // namespace

Model load_model(const std::string& path, LoadOptions options) {
  SharedBytes bytes = read_shared_file(path, kMostModelBytes);
  if (!is_zip(bytes) && !is_h5(bytes)) {
    throw ValueError(fmt::format("'{}': expected a `.keras` zip archive or an `.h5` file. Received: {}", path,
                                 describe(bytes)));
  }
  const SavedModel saved =
      is_zip(bytes) ? read_archive(std::move(bytes), path) : read_legacy(std::move(bytes), path);
  const Model model = naming_source(quoted(path), [&] {
    const ZeroWeights filled_later(most_elements(*saved.weights));
    return Model(ModelBase::from_envelope(saved.config));
  });
  std::vector<std::string> left_out;
  saved_weights(*model, saved, left_out).assign();
  if (options.compile) restore_training(*model, saved, path, options.notes);
  if (options.self_test) expect_self_test_passes(model, path, *options.self_test);
  return model;
}

void load_weights(ModelBase& model, const std::string& path, LoadWeightsOptions options) {
  SharedBytes bytes = read_shared_file(path, kMostModelBytes);
  std::string name = path;
  if (is_zip(bytes)) {
    const Archive archive(std::move(bytes), path);
    bytes = archive.read_plausible(kWeightsMember, kMostModelBytes);
    name += fmt::format(": {}", kWeightsMember);
  } else if (!is_h5(bytes)) {
    throw ValueError(fmt::format("'{}': expected a `.weights.h5`, `.h5` or `.keras` file. Received: {}", path,
                                 describe(bytes)));
  }
  const H5File file(std::move(bytes), name);
  const bool is_legacy = is_legacy_h5(file);
  if (options.by_name && !is_legacy) {
    throw ValueError(
        fmt::format("'{}': Invalid keyword arguments: by_name. Only legacy `.h5` files list their layers by "
                    "name.",
                    path));
  }
  std::vector<std::string> left_out;
  LoadedWeights loaded =
      is_legacy
          ? weights_from_legacy_h5(
                model, file, {.by_name = options.by_name, .skip_mismatch = options.skip_mismatch}, left_out)
          : weights_from_h5(model, file, options.skip_mismatch ? &left_out : nullptr);
  // Its state first: it may be refused, and then the model keeps its weights.
  if (model.compiled()) {
    model.build_optimizer();
    std::string note;
    try {
      note = is_legacy ? optimizer_from_legacy_h5(model, file) : optimizer_from_h5(model, file);
    } catch (const ValueError& error) {
      if (!options.skip_mismatch) throw;
      note = fmt::format("{} It is left out", error.what());
    }
    report(options.notes, std::move(note));
  }
  loaded.assign();
  for (std::string& note : left_out) report(options.notes, std::move(note));
}

void ModelBase::load_weights(const std::string& path, LoadWeightsOptions options) {
  sepal::load_weights(*this, path, options);
}

Model model_from_json(std::string_view text) {
  Json config = parse_json(text, "model_from_json");
  if (!config.is_object()) throw ValueError("model_from_json: expected a JSON object.");
  const auto version = config.find("keras_version");
  const bool has_version = version != config.end() && version->is_string();
  const Json compile_config = compile_config_of(config);
  config.erase("compile_config");
  modernize(config,
            dialect_of(has_version ? std::optional(version->get<std::string>()) : std::nullopt, config));
  const Model model =
      naming_source("model_from_json", [&] { return Model(ModelBase::from_envelope(config)); });
  if (!compile_config.empty()) {
    naming_source("model_from_json", [&] { model->compile_from_config(compile_config); });
  }
  return model;
}

}  // namespace sepal
