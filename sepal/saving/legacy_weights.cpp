// Weights of a legacy `.h5` file -> a model.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <set>

#include "sepal/base/error.h"
#include "sepal/saving/dialect.h"
#include "sepal/saving/legacy_h5.h"
#include "sepal/saving/legacy_layout.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

struct SavedLayer {
  std::string name;
  std::vector<std::string> datasets;  // paths
  std::vector<std::string> weight_names;
};

struct Pair {
  std::size_t index;  // in the file, among the layers that have weights
  const SavedLayer* saved;
  std::shared_ptr<Layer> layer;
};

using LayersByName = std::map<std::string, std::shared_ptr<Layer>>;

LayersByName named_layers(const std::vector<std::shared_ptr<Layer>>& layers) {
  LayersByName by_name;
  for (const auto& layer : layers) by_name[layer->name()] = layer;
  return by_name;
}

std::string weights_group(const H5File& file) {
  return file.has_group(kLegacyModelGroup) ? kLegacyModelGroup : "";
}

std::vector<std::string> expect_names(const H5File& file, const std::string& group, const char* attribute) {
  const auto names = legacy_names(file, group, attribute);
  if (!names) {
    throw ValueError(fmt::format("'{}': the group '{}' lacks the attribute '{}'.", file.name(),
                                 printable(group), attribute));
  }
  return *names;
}

SavedLayer read_layer(const H5File& file, const std::string& group, const std::string& name) {
  const std::string path = h5_join(group, name);
  if (!file.has_group(path)) {
    throw ValueError(fmt::format("'{}': '{}' is listed among the layers, but there is no such group.",
                                 file.name(), printable(path)));
  }
  SavedLayer layer{modern_layer_name(name), {}, expect_names(file, path, "weight_names")};
  for (const std::string& weight : layer.weight_names) {
    layer.datasets.push_back(h5_join(path, weight));
    if (!file.datasets().contains(layer.datasets.back())) {
      throw ValueError(
          fmt::format("'{}': the dataset '{}' is missing.", file.name(), printable(layer.datasets.back())));
    }
  }
  return layer;
}

class LegacyWeightsReader {
 public:
  LegacyWeightsReader(const ModelBase& model, const H5File& file, LegacyMatch match,
                      std::vector<std::string>& notes)
      : model_(model), file_(file), match_(match), notes_(notes), group_(weights_group(file)) {
    expect_known_kernels();
    std::set<std::string> names;
    for (const std::string& name : expect_names(file, group_, "layer_names")) {
      if (!names.insert(name).second) {
        throw ValueError(fmt::format("'{}': the layer '{}' is listed twice.", file.name(), printable(name)));
      }
      saved_.push_back(read_layer(file, group_, name));
    }
  }

  LoadedWeights run() {
    for (const Pair& pair : match_.by_name ? pairs_by_name() : pairs()) load(pair);
    load_top_level();
    return std::move(loaded_);
  }

 private:
  // These two turned the kernels of convolutions around, and have left no files behind to learn it from.
  void expect_known_kernels() const {
    const auto backend = file_.string_attribute(group_, "backend");
    if (backend == "theano" || backend == "cntk") {
      throw UnimplementedError(fmt::format(
          "'{}': weights that Keras wrote with the backend '{}' are not supported.", file_.name(), *backend));
    }
  }

  std::vector<std::shared_ptr<Layer>> layers_with_weights() const {
    std::vector<std::shared_ptr<Layer>> layers;
    for (const auto& layer : model_.sublayers()) {
      if (!layer->weights().empty()) layers.push_back(layer);
    }
    return layers;
  }

  std::vector<Pair> pairs() const {
    const std::vector<std::shared_ptr<Layer>> layers = layers_with_weights();
    std::vector<const SavedLayer*> saved;
    for (const SavedLayer& layer : saved_) {
      if (!layer.datasets.empty()) saved.push_back(&layer);
    }
    if (layers.size() != saved.size()) {
      throw ValueError(
          fmt::format("'{}': Layer count mismatch when loading weights from file. Model expected {} layers, "
                      "found {} saved layers.",
                      file_.name(), layers.size(), saved.size()));
    }
    std::vector<Pair> in_order;
    std::vector<Pair> named;
    const LayersByName by_name = named_layers(layers);
    for (std::size_t i = 0; i < saved.size(); ++i) {
      in_order.push_back({i, saved[i], layers[i]});
      const auto found = by_name.find(saved[i]->name);
      if (found != by_name.end()) named.push_back({i, saved[i], found->second});
    }
    const bool all_named = named.size() == saved.size();
    const bool use_names = all_named && (match_.same_model || (!fits(in_order) && fits(named)));
    return use_names ? named : in_order;
  }

  // Layers without weights count too: a layer of their name that has some does not fit them.
  std::vector<Pair> pairs_by_name() const {
    const LayersByName by_name = named_layers(model_.sublayers());
    std::vector<Pair> pairs;
    for (std::size_t i = 0; i < saved_.size(); ++i) {
      const auto found = by_name.find(saved_[i].name);
      if (found != by_name.end()) pairs.push_back({i, &saved_[i], found->second});
    }
    return pairs;
  }

  std::vector<Shape> shapes_of(const SavedLayer& saved) const {
    std::vector<Shape> shapes;
    for (const std::string& path : saved.datasets) shapes.push_back(file_.datasets().at(path).shape);
    return shapes;
  }

  bool fits(const std::vector<Pair>& pairs) const {
    return std::all_of(pairs.begin(), pairs.end(), [&](const Pair& pair) {
      const std::vector<Shape> shapes = shapes_of(*pair.saved);
      const Variables order = match_legacy_order(*pair.layer, pair.saved->weight_names, shapes);
      return std::equal(order.begin(), order.end(), shapes.begin(), shapes.end(),
                        [](const Variable& v, const Shape& shape) { return v.shape() == shape; });
    });
  }

  void load(const Pair& pair) {
    const std::vector<Shape> shapes = shapes_of(*pair.saved);
    load(match_legacy_order(*pair.layer, pair.saved->weight_names, shapes), *pair.saved,
         fmt::format("layer #{} (named {} in the current model, {} in the save file)", pair.index,
                     pair.layer->name(), printable(pair.saved->name)));
  }

  void load(const Variables& variables, const SavedLayer& saved, const std::string& what) {
    const std::string problem = problem_of(variables, saved, what);
    if (!problem.empty()) {
      if (!match_.skip_mismatch) throw ValueError(problem);
      notes_.push_back(problem + " It is left out");
      return;
    }
    for (std::size_t i = 0; i < variables.size(); ++i) {
      loaded_.add(variables[i], file_.read(saved.datasets[i]));
    }
  }

  std::string problem_of(const Variables& variables, const SavedLayer& saved, const std::string& what) const {
    if (variables.size() != saved.datasets.size()) {
      return fmt::format(
          "'{}': Weight count mismatch for {}. Layer expects {} weight(s). Received {} saved "
          "weight(s)",
          file_.name(), what, variables.size(), saved.datasets.size());
    }
    const std::vector<Shape> shapes = shapes_of(saved);
    for (std::size_t i = 0; i < variables.size(); ++i) {
      if (variables[i].shape() == shapes[i]) continue;
      return fmt::format(
          "'{}': Shape mismatch in {} for weight {}. Weight expects shape {}. Received saved "
          "weight with shape {}",
          file_.name(), what, variables[i].path(), variables[i].shape().str(), shapes[i].str());
    }
    return {};
  }

  void load_top_level() {
    if (!file_.has_group(h5_join(group_, kLegacyTopLevelGroup))) return;
    load(model_.own_weights(), read_layer(file_, group_, kLegacyTopLevelGroup), "the top-level model");
  }

  const ModelBase& model_;
  const H5File& file_;
  LegacyMatch match_;
  std::vector<std::string>& notes_;
  std::string group_;
  std::vector<SavedLayer> saved_;
  LoadedWeights loaded_;
};

}  // namespace

bool is_legacy_h5(const H5File& file) {
  return file.string_attribute("", "model_config").has_value() || file.has_group(kLegacyModelGroup) ||
         legacy_names(file, "", "layer_names").has_value();
}

std::optional<std::string> legacy_keras_version(const H5File& file) {
  for (const std::string& group : {std::string(), std::string(kLegacyModelGroup)}) {
    if (!file.has_group(group)) continue;
    if (const auto version = file.string_attribute(group, "keras_version")) return version;
  }
  return {};
}

LoadedWeights weights_from_legacy_h5(const ModelBase& model, const H5File& file, LegacyMatch match,
                                     std::vector<std::string>& notes) {
  return LegacyWeightsReader(model, file, match, notes).run();
}

}  // namespace sepal
