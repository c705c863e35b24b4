// The state of an optimizer in a legacy `.h5` file -> a model.
#include <algorithm>

#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/legacy_layout.h"

namespace sepal {
namespace {

// The last part of "training/Adam/iterations:0" without TensorFlow's number of an output.
std::string own_name(const std::string& name) {
  const std::string path = name.substr(0, name.find(':'));
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

// Keras 3 makes both slots of a variable together (and tf.keras since 2.11, which call the count
// "iteration"); before, all first moments came before all second ones. Other slots are one of a kind.
bool has_moments_apart(const std::string& optimizer_class, const std::string& count_name) {
  const bool has_moments = optimizer_class == "Adam" || optimizer_class == "AdamW" ||
                           optimizer_class == "Adamax" || optimizer_class == "Nadam";
  return has_moments && count_name != "iteration";
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
  const std::size_t learning = model.trainable_weights().size();
  if (has_moments_apart(model.optimizer()->class_name(), own_name(names->front())) &&
      paths.size() >= 1 + 2 * learning) {
    std::vector<std::string> together = {paths[0]};
    for (std::size_t i = 0; i < learning; ++i) {
      together.push_back(paths[1 + i]);
      together.push_back(paths[1 + learning + i]);
    }
    const std::size_t expected = model.optimizer()->variables().size();
    // Keras 2.2 has a place for a third slot, which only amsgrad fills.
    for (std::size_t i = 1 + 2 * learning; i < paths.size() && together.size() + 1 < expected; ++i) {
      together.push_back(paths[i]);
    }
    paths = std::move(together);
  }
  // Older versions listed slots in orders of their own, so a shape says little about damage.
  return optimizer_from_datasets(model, file, paths, true);
}

}  // namespace sepal
