// TextOrNone: a choice that may be Python's None.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/config.h"

namespace sepal::metrics {

struct TextOrNone : std::optional<std::string> {
  using std::optional<std::string>::optional;
};

void config_put(Json& out, const char* key, const TextOrNone& value);
void config_get(const Json& in, const ConfigField& field, TextOrNone& value);

}  // namespace sepal::metrics
