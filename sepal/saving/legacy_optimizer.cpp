// The state of an optimizer in a legacy `.h5` file -> a model.
#include <algorithm>
#include <set>

#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/legacy_layout.h"
#include "sepal/saving/optimizer_layout.h"

namespace sepal {
namespace {

// The last part of "training/Adam/iterations:0" without TensorFlow's number of an output.
std::string own_name(const std::string& name) {
  const std::string path = name.substr(0, name.find(':'));
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// Keras 3 makes both slots of a variable together (and tf.keras since 2.11, which call the count
// "iteration"); before, all first slots came before all second ones. Other slots are one of a kind.
bool has_slots_apart(std::string_view optimizer_class, const std::string& count_name) {
  static const std::set<std::string_view> classes = {"Adadelta", "Adam", "Adamax", "AdamW", "Nadam"};
  return classes.contains(optimizer_class) && count_name != "iteration";
}

// The slots of each variable together, as in Keras 3; `learning` is the number of variables.
std::vector<std::string> slots_together(const std::vector<std::string>& paths, std::size_t learning,
                                        const H5File& file, std::size_t expected) {
  std::vector<std::string> together;
  std::size_t first = 0;
  while (first < 2 && first < paths.size() && is_one_number(file, paths[first])) ++first;
  // The second number is Nadam's product of shares, by another rule than that of Keras 3.
  if (first > 0) together.push_back(paths[0]);
  if (paths.size() < first + 2 * learning) return paths;
  for (std::size_t i = 0; i < learning; ++i) {
    together.push_back(paths[first + i]);
    together.push_back(paths[first + learning + i]);
  }
  // Keras 2.2 has a place for a third slot, which only amsgrad fills.
  for (std::size_t i = first + 2 * learning; i < paths.size() && together.size() + 1 < expected; ++i) {
    together.push_back(paths[i]);
  }
  return together;
}

}  // namespace

std::string optimizer_from_legacy_h5(ModelBase& model, const H5File& file) {
  const std::string group =
      file.has_group(kSepalOptimizerGroup) ? kSepalOptimizerGroup : kLegacyOptimizerGroup;
  if (!file.has_group(group)) return {};
  const auto names = legacy_names(file, group, "weight_names");
  if (!names || names->empty()) return {};
  std::vector<std::string> paths;
  for (const std::string& name : *names) paths.push_back(h5_join(group, name));
  scale_loss_as_saved(model, std::any_of(names->begin(), names->end(), [](const std::string& name) {
                        return own_name(name) == "dynamic_scale";
                      }));
  const optimizers::OptimizerBase* optimizer = model.optimizer().pointer().get();
  if (optimizer->inner_optimizer() != nullptr) optimizer = optimizer->inner_optimizer();
  if (has_slots_apart(optimizer->class_name(), own_name(names->front()))) {
    paths = slots_together(paths, model.trainable_weights().size(), file, optimizer->variables().size());
  }
  // Older versions listed slots in orders of their own, so a shape says little about damage.
  return optimizer_from_datasets(model, file, paths, true);
}

}  // namespace sepal
