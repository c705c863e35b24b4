// How far batch renormalization may correct a batch (the argument `renorm_clipping`).
#pragma once

#include <optional>

#include "sepal/base/config.h"

namespace sepal {

/// Bounds of the correction x * r + d; those that are not set do not bound it.
struct RenormClipping {
  std::optional<double> rmax = {};
  std::optional<double> rmin = {};
  std::optional<double> dmax = {};
};

/// Null for none; an object of the bounds that are set.
void config_put(Json& out, const char* key, const std::optional<RenormClipping>& value);
/// @throws ValueError for a key that is none of the three, or a value that is no number.
void config_get(const Json& in, const ConfigField& field, std::optional<RenormClipping>& value);

}  // namespace sepal
