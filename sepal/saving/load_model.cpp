#include "sepal/saving/load_model.h"

#include <fmt/format.h>

#include <algorithm>
#include <iostream>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/json_limits.h"
#include "sepal/saving/keras_archive.h"
#include "sepal/saving/weight_store.h"
#include "sepal/weights/zero_weights.h"

namespace sepal {
namespace {

constexpr std::uint64_t kMostFileBytes = std::uint64_t{1} << 46;

// Weights that were compressed have some noise in them; Keras draws the same line.
constexpr std::uint64_t kMostInflatedBytes = std::uint64_t{4} << 30;

void note(std::vector<std::string>* notes, std::string text) {
  if (text.empty()) return;
  if (notes != nullptr) {
    notes->push_back(std::move(text));
  } else {
    std::cerr << "Warning: " << text << ".\n";
  }
}

Json read_json(const Archive& archive, const std::string& path, const char* member) {
  const std::vector<std::byte> bytes = archive.read(member, kMostJsonBytes);
  return parse_json({reinterpret_cast<const char*>(bytes.data()), bytes.size()},
                    fmt::format("'{}': {}", path, member));
}

std::vector<std::byte> read_weights(const Archive& archive) {
  const auto member = std::find_if(archive.members().begin(), archive.members().end(),
                                   [](const ZipMember& m) { return m.name == kWeightsMember; });
  const std::uint64_t stored = member == archive.members().end() ? 0 : member->compressed_size;
  return archive.read(kWeightsMember, std::max(stored * 100, kMostInflatedBytes));
}

std::string describe(std::span<const std::byte> bytes) {
  if (bytes.empty()) return "an empty file";
  if (is_h5(bytes)) return "an HDF5 file";
  if (is_zip(bytes)) return "a zip archive";
  return fmt::format("a file of {} bytes of another kind", bytes.size());
}

// Errors of layers and configs do not know the file.
template <class Action>
auto naming_file(const std::string& path, const Action& action) {
  const auto text = [&](const Error& error) { return fmt::format("'{}': {}", path, error.what()); };
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
    throw ValueError(fmt::format("'{}': {}", path, error.what()));
  }
}

// How many elements the weights of a config may have before they are compared with those of the file: some
// more than there are, so that a small difference is reported by the comparison, which says where it is.
std::int64_t most_elements(const H5File& file) {
  std::int64_t elements = 0;
  for (const auto& [path, dataset] : file.datasets()) elements += dataset.shape.num_elements();
  return 2 * elements + (std::int64_t{1} << 20);
}

Model model_from(const Json& config, const H5File& weights, const std::string& path) {
  return naming_file(path, [&] {
    const ZeroWeights filled_later(most_elements(weights));
    return Model(ModelBase::from_envelope(config));
  });
}

void restore_training(ModelBase& model, const Json& config, const H5File& weights, const std::string& path,
                      std::vector<std::string>* notes) {
  const Json* compile_config = config_find(config, "config.json", "compile_config");
  if (compile_config == nullptr || compile_config->is_null() || compile_config->empty()) return;
  naming_file(path, [&] { model.compile_from_config(*compile_config); });
  model.build_optimizer();
  const Json* optimizer = config_find(*compile_config, "compile_config", "optimizer");
  if (optimizer == nullptr || optimizer->is_null()) {
    note(notes, fmt::format("'{}': the compile_config names no optimizer; a new one is used", path));
  } else {
    note(notes, optimizer_from_h5(model, weights));
  }
}

}  // namespace

Model load_model(const std::string& path, LoadOptions options) {
  std::vector<std::byte> bytes = read_file(path, kMostFileBytes);
  if (!is_zip(bytes)) {
    throw ValueError(
        fmt::format("'{}': expected a `.keras` zip archive. Received: {}", path, describe(bytes)));
  }
  Json config;
  std::vector<std::byte> image;
  {
    const Archive archive(std::move(bytes), path);
    config = read_json(archive, path, kConfigMember);
    image = read_weights(archive);
  }
  if (!config.is_object()) throw ValueError(fmt::format("'{}': config.json: expected an object.", path));
  const H5File weights(std::move(image), fmt::format("{}: {}", path, kWeightsMember));
  Model model = model_from(config, weights, path);
  weights_from_h5(*model, weights).assign();
  if (options.compile) restore_training(*model, config, weights, path, options.notes);
  return model;
}

void load_weights(ModelBase& model, const std::string& path, std::vector<std::string>* notes) {
  std::vector<std::byte> bytes = read_file(path, kMostFileBytes);
  std::string name = path;
  if (is_zip(bytes)) {
    const Archive archive(std::move(bytes), path);
    bytes = read_weights(archive);
    name += fmt::format(": {}", kWeightsMember);
  } else if (!is_h5(bytes)) {
    throw ValueError(
        fmt::format("'{}': expected a `.weights.h5` or `.keras` file. Received: {}", path, describe(bytes)));
  }
  const H5File file(std::move(bytes), name);
  weights_from_h5(model, file).assign();
  if (model.compiled()) {
    model.build_optimizer();
    note(notes, optimizer_from_h5(model, file));
  }
}

void ModelBase::load_weights(const std::string& path) { sepal::load_weights(*this, path); }

}  // namespace sepal
