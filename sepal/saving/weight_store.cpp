#include "sepal/saving/weight_store.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "sepal/base/error.h"
#include "sepal/saving/h5_writer.h"
#include "sepal/saving/optimizer_layout.h"
#include "sepal/saving/printable.h"
#include "sepal/saving/weight_tree.h"

namespace sepal {
namespace {

constexpr const char* kOptimizerGroup = "optimizer/vars";
// Of a LossScaleOptimizer, whose own group has the same variables at its end.
constexpr const char* kInnerOptimizerGroup = "optimizer/inner_optimizer/vars";

std::string dataset_path(const WeightEntry& entry, std::size_t index) {
  return h5_join(entry.group, std::to_string(index));
}

std::size_t datasets_in(const H5File& file, const std::string& group) {
  const auto found = file.groups().find(group);
  return found == file.groups().end() ? 0 : found->second.datasets.size();
}

// Whether every variable that must be there has its place; shapes are compared later.
bool fits(const std::vector<WeightEntry>& tree, const H5File& file) {
  return std::all_of(tree.begin(), tree.end(), [&](const WeightEntry& entry) {
    return entry.optional || datasets_in(file, entry.group) == entry.variables.size();
  });
}

// The tree with each object moved to the group that carries its name (Keras 3.6 and later write it), if every
// name is there once.
std::optional<std::vector<WeightEntry>> placed_by_name(std::vector<WeightEntry> tree, const H5File& file) {
  std::map<std::string, std::vector<std::string>> groups;
  for (const auto& [path, group] : file.groups()) {
    if (const auto name = file.string_attribute(path, "name")) groups[*name].push_back(path);
  }
  for (WeightEntry& entry : tree) {
    if (entry.optional || entry.variables.empty()) continue;
    const auto found = groups.find(entry.name);
    if (found == groups.end() || found->second.size() != 1) return {};
    entry.group = found->second[0];
  }
  return tree;
}

std::vector<WeightEntry> matching_tree(const ModelBase& model, const H5File& file) {
  std::vector<WeightEntry> keras3 = weight_tree(model, WeightTreeStyle::keras3);
  if (fits(keras3, file)) return keras3;
  for (const auto style : {WeightTreeStyle::checkpoint_dependencies, WeightTreeStyle::keras2}) {
    std::vector<WeightEntry> tree = weight_tree(model, style);
    if (fits(tree, file)) return tree;
  }
  const auto by_name = placed_by_name(keras3, file);
  if (by_name && fits(*by_name, file)) return *by_name;
  return keras3;  // its first difference is what the message is about
}

// What is wrong with an entry, or nothing.
std::string problem_of(const WeightEntry& entry, const H5File& file) {
  const std::size_t found = datasets_in(file, entry.group);
  if (found != entry.variables.size()) {
    return fmt::format("'{}': layer '{}' expected {} variables in group '{}'. Received: {}", file.name(),
                       entry.name, entry.variables.size(), entry.group, found);
  }
  for (std::size_t i = 0; i < entry.variables.size(); ++i) {
    const auto dataset = file.datasets().find(dataset_path(entry, i));
    if (dataset == file.datasets().end()) {
      return fmt::format("'{}': variable '{}' of layer '{}' is missing: expected a dataset '{}'.",
                         file.name(), entry.variables[i].name(), entry.name, dataset_path(entry, i));
    }
    if (dataset->second.shape != entry.variables[i].shape()) {
      return fmt::format(
          "'{}': variable '{}' of layer '{}' (dataset '{}') expected shape {}. "
          "Received: shape {}",
          file.name(), entry.variables[i].name(), entry.name, dataset_path(entry, i),
          entry.variables[i].shape().str(), dataset->second.shape.str());
    }
  }
  return {};
}

// Weights that no layer takes would be a model other than the saved one.
void expect_no_others(const std::vector<WeightEntry>& tree, const H5File& file) {
  std::set<std::string> known;
  for (const WeightEntry& entry : tree) {
    for (std::size_t i = 0; i < entry.variables.size(); ++i) known.insert(dataset_path(entry, i));
  }
  for (const auto& [path, dataset] : file.datasets()) {
    // Optimizer state is looked at apart; tf.keras 2 also saves its metrics.
    const bool is_weight = path.starts_with("layers/") ||
                           path.starts_with("_layer_checkpoint_dependencies/") || path.starts_with("vars/");
    // Random seeds of layers that keep none here.
    const bool is_seed = path.find("/seed_generator/") != std::string::npos;
    if (is_weight && !is_seed && !known.contains(path)) {
      throw ValueError(fmt::format("'{}': the dataset '{}' of shape {} belongs to no layer of the model.",
                                   file.name(), printable(path), dataset.shape.str()));
    }
  }
}

// The entry's variables, the adapted one as the file has it.
Variables with_adaptation(const WeightEntry& entry) {
  Variables variables = entry.variables;
  for (Variable& variable : variables) {
    if (entry.adaptation == nullptr || !(variable == entry.adaptation->adapted_weight())) continue;
    variable = Variable(entry.adaptation->merged_weight(variable.dtype()), variable.name());
  }
  return variables;
}

}  // namespace

void LoadedWeights::assign() {
  for (auto& [variable, value] : values_) {
    variable.assign(value);
    value = Tensor();
  }
}

std::vector<std::byte> weights_to_h5(const ModelBase& model) {
  H5Writer writer;
  const auto write = [&](const std::string& group, const std::string& name, const Variables& variables) {
    writer.group(group);
    writer.string_attribute(group, "name", name);
    for (std::size_t i = 0; i < variables.size(); ++i) {
      writer.dataset(h5_join(group, std::to_string(i)), variables[i].value());
    }
  };
  for (const WeightEntry& entry : weight_tree(model, WeightTreeStyle::keras3)) {
    write(entry.group, entry.name, with_adaptation(entry));
  }
  if (model.compiled()) {
    const Optimizer optimizer = model.optimizer();
    write(kOptimizerGroup, optimizer->name(), optimizer->variables());
    if (const auto* inner = optimizer->inner_optimizer()) {
      write(kInnerOptimizerGroup, inner->name(), inner->variables());
    }
  }
  return writer.finish();
}

LoadedWeights weights_from_h5(const ModelBase& model, const H5File& file,
                              std::vector<std::string>* left_out) {
  const std::vector<WeightEntry> tree = matching_tree(model, file);
  LoadedWeights loaded;
  for (const WeightEntry& entry : tree) {
    if (entry.optional && datasets_in(file, entry.group) == 0) continue;
    const std::string problem = problem_of(entry, file);
    if (!problem.empty()) {
      if (left_out == nullptr) throw ValueError(problem);
      left_out->push_back(problem + " It is left out");
      continue;
    }
    for (std::size_t i = 0; i < entry.variables.size(); ++i) {
      loaded.add(entry.variables[i], file.read(dataset_path(entry, i)));
    }
    if (entry.adaptation != nullptr) {
      for (const Variable& matrix : {entry.adaptation->lora_a(), entry.adaptation->lora_b()}) {
        loaded.add(matrix, Tensor::zeros(matrix.shape(), matrix.dtype()));
      }
    }
  }
  if (left_out == nullptr) expect_no_others(tree, file);
  return loaded;
}

void scale_loss_as_saved(ModelBase& model, bool is_scaled) {
  if (!is_scaled || model.optimizer()->inner_optimizer() != nullptr) return;
  model.scale_loss();
  model.build_optimizer();
}

std::string optimizer_from_h5(ModelBase& model, const H5File& file) {
  scale_loss_as_saved(model, datasets_in(file, kInnerOptimizerGroup) > 0);
  const std::size_t saved = datasets_in(file, kOptimizerGroup);
  std::vector<std::string> paths;
  for (std::size_t i = 0; i < saved; ++i) paths.push_back(h5_join(kOptimizerGroup, std::to_string(i)));
  return optimizer_from_datasets(model, file, paths, false);
}

std::string optimizer_from_datasets(ModelBase& model, const H5File& file,
                                    const std::vector<std::string>& paths, bool order_may_differ) {
  const Variables variables = model.optimizer()->variables();
  // An optimizer that never made an update has no slots yet: iteration and learning rate are all it has.
  const bool has_no_slots = std::all_of(paths.begin(), paths.end(),
                                        [&](const std::string& path) { return is_one_number(file, path); });
  if (paths.size() <= 2 && paths.size() < variables.size() && has_no_slots) return {};
  const auto of_variables =
      paths_of_optimizer(*model.optimizer().pointer(), model.trainable_weights().size(), file, paths);
  if (!of_variables) {
    return fmt::format(
        "'{}': the state of optimizer '{}' starts anew, because it has {} variables and the "
        "file has {}",
        file.name(), model.optimizer()->name(), variables.size(), paths.size());
  }
  LoadedWeights loaded;
  for (std::size_t i = 0; i < variables.size(); ++i) {
    const std::string& path = (*of_variables)[i];
    if (path.empty()) continue;
    const auto found = file.datasets().find(path);
    const std::string which =
        fmt::format("variable '{}' of optimizer '{}'", variables[i].name(), model.optimizer()->name());
    if (found == file.datasets().end()) {
      throw ValueError(
          fmt::format("'{}': {} is missing: expected a dataset '{}'.", file.name(), which, printable(path)));
    }
    if (found->second.shape != variables[i].shape()) {
      const std::string shapes =
          fmt::format("{} (dataset '{}') expected shape {}. Received: shape {}", which, printable(path),
                      variables[i].shape().str(), found->second.shape.str());
      if (!order_may_differ) throw ValueError(fmt::format("'{}': {}", file.name(), shapes));
      return fmt::format("'{}': the state of optimizer '{}' starts anew, because its {}", file.name(),
                         model.optimizer()->name(), shapes);
    }
    loaded.add(variables[i], file.read(path));
  }
  loaded.assign();
  return {};
}

}  // namespace sepal
