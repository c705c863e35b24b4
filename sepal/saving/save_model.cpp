#include "sepal/saving/save_model.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"
#include "sepal/saving/archive.h"
#include "sepal/saving/keras_archive.h"
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

}  // namespace

void save_model(const ModelBase& model, const std::string& path) {
  if (!path.ends_with(".keras")) {
    throw ValueError(
        fmt::format("Invalid filepath extension for saving. Expected a name that ends in `.keras`. "
                    "Received: filepath={}",
                    path));
  }
  expect_built(model);
  Json config = model.to_envelope();
  config["compile_config"] = model.get_compile_config();
  const std::string config_text = to_text(config, model);
  const std::string metadata_text =
      to_text({{"keras_version", kKerasVersion}, {"date_saved", kDateSaved}}, model);
  const std::vector<std::byte> weights = weights_to_h5(model);
  write_file(path, make_archive({{kMetadataMember, bytes_of(metadata_text)},
                                 {kConfigMember, bytes_of(config_text)},
                                 {kWeightsMember, weights}}));
}

void save_weights(const ModelBase& model, const std::string& path) {
  if (!path.ends_with(".weights.h5")) {
    throw ValueError(fmt::format("The filename must end in `.weights.h5`. Received: filepath={}", path));
  }
  expect_built(model);
  write_file(path, weights_to_h5(model));
}

void ModelBase::save(const std::string& path) const { save_model(*this, path); }

void ModelBase::save_weights(const std::string& path) const { sepal::save_weights(*this, path); }

}  // namespace sepal
