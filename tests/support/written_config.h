// What a config says of an object.
#pragma once

#include <nlohmann/json.hpp>
#include <type_traits>

#include "sepal/base/config.h"

namespace sepal::testing {

/// The value that `config_put` writes for a handle: `written<Loss>("mse")`.
template <class Handle>
Json written(const std::type_identity_t<Handle>& object) {
  Json out;
  config_put(out, "x", object);
  return out["x"];
}

}  // namespace sepal::testing
