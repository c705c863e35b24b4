#include "sepal/train/metrics/text_or_none.h"

#include <nlohmann/json.hpp>

namespace sepal::metrics {

void config_put(Json& out, const char* key, const TextOrNone& value) {
  out[key] = value ? Json(*value) : Json(nullptr);
}

void config_get(const Json& in, const ConfigField& field, TextOrNone& value) {
  value.reset();
  if (!in.is_null()) sepal::config_get(in, field, value.emplace());
}

}  // namespace sepal::metrics
