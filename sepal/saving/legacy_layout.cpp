#include "sepal/saving/legacy_layout.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>

#include "sepal/saving/dialect.h"

namespace sepal {
namespace {

// The variables inside of a layer by "name of their layer/own name".
using VariableIndex = std::multimap<std::string, Variable>;

void collect(const Layer& layer, VariableIndex& index) {
  for (const Variable& variable : layer.own_weights()) {
    index.emplace(h5_join(layer.name(), variable.name()), variable);
  }
  for (const auto& inner : layer.sublayers()) collect(*inner, index);
}

// "enc_sep/depthwise_kernel:0": the last two parts, without TensorFlow's number of an output.
struct SavedName {
  explicit SavedName(std::string text) {
    text = text.substr(0, text.find(':'));
    const std::size_t slash = text.rfind('/');
    variable = text.substr(slash == std::string::npos ? 0 : slash + 1);
    if (slash == std::string::npos) return;
    const std::string path = text.substr(0, slash);
    scope = modern_layer_name(path);
    innermost = path.substr(path.rfind('/') + 1);
  }
  std::string scope;      // "head_enc_sep" of "head/enc_sep/bias"
  std::string innermost;  // "enc_sep"
  std::string variable;
};

// The variable that the name means, unless none or several may be meant.
std::optional<Variable> only_match(const VariableIndex& index, const SavedName& saved) {
  std::map<std::uint64_t, Variable> matches;
  // A Sequential puts its own name in front; before Keras 3 a layer's name could have a '/' in it.
  for (const std::string& layer : {saved.innermost, saved.scope}) {
    // The kernel of a DepthwiseConv2D has changed its name.
    const std::string other_name = saved.variable == "depthwise_kernel" ? "kernel" : saved.variable;
    for (const std::string& name : {saved.variable, other_name}) {
      const auto [first, last] = index.equal_range(h5_join(layer, name));
      for (auto match = first; match != last; ++match) matches[match->second.id()] = match->second;
    }
  }
  if (matches.size() != 1) return std::nullopt;
  return matches.begin()->second;
}

std::optional<Variables> order_by_names(const Layer& layer, const std::vector<std::string>& names) {
  VariableIndex index;
  collect(layer, index);
  Variables order;
  std::set<std::uint64_t> used;
  for (const std::string& name : names) {
    const std::optional<Variable> match = only_match(index, SavedName(name));
    if (!match || !used.insert(match->id()).second) return std::nullopt;
    order.push_back(*match);
  }
  return order;
}

bool fits(const Variables& order, const std::vector<Shape>& shapes) {
  return std::equal(order.begin(), order.end(), shapes.begin(), shapes.end(),
                    [](const Variable& variable, const Shape& shape) { return variable.shape() == shape; });
}

}  // namespace

std::optional<std::vector<std::string>> legacy_names(const H5File& file, const std::string& group,
                                                     const std::string& attribute) {
  if (auto whole = file.string_list_attribute(group, attribute)) return whole;
  std::optional<std::vector<std::string>> joined;
  for (int i = 0;; ++i) {
    const auto part = file.string_list_attribute(group, attribute + std::to_string(i));
    if (!part) return joined;
    if (!joined) joined.emplace();
    joined->insert(joined->end(), part->begin(), part->end());
  }
}

Variables legacy_order(const Layer& layer) {
  Variables order = layer.trainable_weights();
  const Variables others = layer.non_trainable_weights();
  order.insert(order.end(), others.begin(), others.end());
  return order;
}

Variables match_legacy_order(const Layer& layer, const std::vector<std::string>& names,
                             const std::vector<Shape>& shapes) {
  const Variables usual = legacy_order(layer);
  if (names.size() != usual.size()) return usual;
  const std::optional<Variables> by_names = order_by_names(layer, names);
  if (by_names && fits(*by_names, shapes)) return *by_names;
  if (fits(usual, shapes)) return usual;
  const Variables plain = layer.weights();
  return fits(plain, shapes) ? plain : usual;
}

}  // namespace sepal
