// A model -> a legacy `.h5` file.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "sepal/base/error.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/legacy_layout.h"
#include "sepal/saving/optimizer_layout.h"

namespace sepal {
namespace {

constexpr const char* kBackend = "tensorflow";

// As many equal parts as are needed for each to have at most kMostLegacyNameBytes; the first ones may have a
// name more (numpy.array_split).
void write_names(H5Writer& writer, const std::string& group, const std::string& attribute,
                 const std::vector<std::string>& names) {
  // Each entry is a length and a place in the file's heap: 16 bytes.
  std::size_t longest = 16;
  for (const std::string& name : names) longest = std::max(longest, name.size());
  if (longest > kMostLegacyNameBytes) {
    throw ValueError(fmt::format("A name of {} bytes cannot be saved in an `.h5` file: the most is {}.",
                                 longest, kMostLegacyNameBytes));
  }
  const std::size_t names_of_part = kMostLegacyNameBytes / longest;
  const std::size_t parts = std::max<std::size_t>(1, (names.size() + names_of_part - 1) / names_of_part);
  if (parts == 1) return writer.string_list_attribute(group, attribute, names);
  std::size_t begin = 0;
  for (std::size_t part = 0; part < parts; ++part) {
    const std::size_t count = names.size() / parts + (part < names.size() % parts ? 1 : 0);
    const auto first = names.begin() + static_cast<std::ptrdiff_t>(begin);
    writer.string_list_attribute(group, attribute + std::to_string(part),
                                 {first, first + static_cast<std::ptrdiff_t>(count)});
    begin += count;
  }
}

// Layers inside of two inner models may have one name.
std::vector<std::string> different_paths(const Variables& variables) {
  std::vector<std::string> paths;
  std::set<std::string> used;
  for (const Variable& variable : variables) {
    std::string path = variable.path();
    for (int i = 1; !used.insert(path).second; ++i) path = fmt::format("{}_{}", variable.path(), i);
    paths.push_back(path);
  }
  return paths;
}

void write_variables(H5Writer& writer, const std::string& group, const Variables& variables) {
  const std::vector<std::string> names = different_paths(variables);
  writer.group(group);
  write_names(writer, group, "weight_names", names);
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const Tensor value = variables[i].value();
    // Neither Keras can read a dataset of bfloat16. All its values are those of float32, too.
    writer.dataset(h5_join(group, names[i]),
                   value.dtype() == DType::bfloat16 ? value.astype(DType::float32) : value);
  }
}

void write_weights(H5Writer& writer, const std::string& group, const ModelBase& model,
                   const std::string& keras_version) {
  std::vector<std::string> names;
  // The groups come in the order of their names.
  std::map<std::string, std::shared_ptr<Layer>> by_name;
  for (const auto& layer : model.sublayers()) {
    names.push_back(layer->name());
    by_name[layer->name()] = layer;
  }
  write_names(writer, group, "layer_names", names);
  writer.string_attribute(group, "backend", kBackend);
  writer.string_attribute(group, "keras_version", keras_version);
  for (const auto& [name, layer] : by_name) {
    write_variables(writer, h5_join(group, name), legacy_order(*layer));
  }
  write_variables(writer, h5_join(group, kLegacyTopLevelGroup), model.own_weights());
}

}  // namespace

std::vector<std::byte> model_to_legacy_h5(const ModelBase& model, const LegacyModel& legacy) {
  H5Writer writer;
  writer.string_attribute("", "backend", kBackend);
  writer.string_attribute("", "keras_version", legacy.keras_version);
  writer.string_attribute("", "model_config", legacy.model_config);
  if (legacy.training_config) writer.string_attribute("", "training_config", *legacy.training_config);
  writer.group(kLegacyModelGroup);
  write_weights(writer, kLegacyModelGroup, model, legacy.keras_version);
  if (model.compiled()) {
    const optimizers::OptimizerBase& optimizer = *model.optimizer().pointer();
    if (legacy.optimizer_for_keras2) {
      write_variables(writer, kLegacyOptimizerGroup, variables_for_keras2(optimizer));
    } else {
      write_variables(writer, kSepalOptimizerGroup, optimizer.variables());
    }
  }
  return writer.finish();
}

std::vector<std::byte> weights_to_legacy_h5(const ModelBase& model, const std::string& keras_version) {
  H5Writer writer;
  write_weights(writer, "", model, keras_version);
  return writer.finish();
}

}  // namespace sepal
