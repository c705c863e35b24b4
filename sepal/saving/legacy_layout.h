// Names in legacy `.h5` files, and the order of a layer's weights.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sepal/layers/layer.h"
#include "sepal/saving/h5_file.h"

namespace sepal {

inline constexpr const char* kLegacyModelGroup = "model_weights";
inline constexpr const char* kLegacyOptimizerGroup = "optimizer_weights";
inline constexpr const char* kSepalOptimizerGroup = "sepal_optimizer_weights";
inline constexpr const char* kLegacyTopLevelGroup = "top_level_model_weights";

/// The most bytes that Keras puts into a list of names; longer ones are cut.
inline constexpr std::size_t kMostLegacyNameBytes = 64512;

/// The list in an attribute of a group, joined if it was cut; empty if there is none.
std::optional<std::vector<std::string>> legacy_names(const H5File& file, const std::string& group,
                                                     const std::string& attribute);

/// The weights of a layer and of the layers inside of it in the order in which Keras saves them: those that
/// learn, then the others.
Variables legacy_order(const Layer& layer);

/// The layer's weights in the order of the datasets that have these names and shapes: by their names where
/// these are clear, else in the order above or, as other versions of Keras have it, layer by layer. If no
/// order fits the shapes, the one above.
Variables match_legacy_order(const Layer& layer, const std::vector<std::string>& names,
                             const std::vector<Shape>& shapes);

}  // namespace sepal
