#include "sepal/saving/weight_tree.h"

#include <fmt/format.h>

#include <map>
#include <set>
#include <utility>

#include "sepal/base/naming.h"
#include "sepal/saving/h5_file.h"

namespace sepal {
namespace {

WeightEntry entry_of(const Layer& layer, std::string group) {
  WeightEntry entry{std::move(group), layer.name(), layer.own_weights()};
  const auto* adaptation = dynamic_cast<const LoraLayer*>(&layer);
  if (adaptation == nullptr || !adaptation->lora_enabled()) return entry;
  entry.adaptation = adaptation;
  std::erase(entry.variables, adaptation->lora_a());
  std::erase(entry.variables, adaptation->lora_b());
  return entry;
}

class TreeWalk {
 public:
  explicit TreeWalk(WeightTreeStyle style) : style_(style) {}

  void visit(const Layer& layer, const std::string& path) {
    if (!seen_.insert(&layer).second) return;
    entries_.push_back(entry_of(layer, h5_join(path, "vars")));
    for (const auto& [attribute, variables] : layer.state_variables()) {
      entries_.push_back({h5_join(h5_join(path, attribute), "vars"), attribute, variables, true});
    }
    for (const auto& [attribute, inner] : layer.attribute_sublayers())
      visit(*inner, h5_join(path, attribute));
    const bool listed_twice = style_ == WeightTreeStyle::checkpoint_dependencies;
    const std::string container = h5_join(path, listed_twice ? "_layer_checkpoint_dependencies" : "layers");
    std::map<std::string, int> used;
    for (const auto& inner : layer.sublayers()) {
      if (style_ == WeightTreeStyle::keras2 && seen_.contains(inner.get())) continue;
      const std::string name = to_snake_case(inner->class_name());
      int& number = used[name];
      visit(*inner, h5_join(container, number == 0 ? name : fmt::format("{}_{}", name, number)));
      number += listed_twice && !inner->weights().empty() ? 2 : 1;
    }
  }

  std::vector<WeightEntry> take() { return std::move(entries_); }

 private:
  WeightTreeStyle style_;
  std::set<const Layer*> seen_;
  std::vector<WeightEntry> entries_;
};

}  // namespace

std::vector<WeightEntry> weight_tree(const Layer& model, WeightTreeStyle style) {
  TreeWalk walk(style);
  walk.visit(model, "");
  return walk.take();
}

}  // namespace sepal
