#include "sepal/base/number_or_list.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace sepal {

std::string NumberOrList::str() const {
  return is_list ? fmt::format("({})", fmt::join(values, ", ")) : fmt::format("{}", values[0]);
}

void config_put(Json& out, const char* key, const NumberOrList& value) {
  if (value.is_list) {
    out[key] = value.values;
  } else {
    out[key] = value.values[0];
  }
}

void config_get(const Json& in, const ConfigField& field, NumberOrList& value) {
  if (in.is_array()) {
    std::vector<double> list;
    config_get(in, field, list);
    value = NumberOrList(std::move(list));
    return;
  }
  double number = 0.0;
  config_get(in, field, number);
  value = NumberOrList(number);
}

void config_put(Json& out, const char* key, const std::optional<NumberOrList>& value) {
  if (value) {
    config_put(out, key, *value);
  } else {
    out[key] = nullptr;
  }
}

void config_get(const Json& in, const ConfigField& field, std::optional<NumberOrList>& value) {
  value.reset();
  if (!in.is_null()) config_get(in, field, value.emplace());
}

}  // namespace sepal
