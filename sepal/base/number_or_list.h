// NumberOrList: an argument that is one number or several (a factor, a range, a scale for each channel).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "sepal/base/config.h"

namespace sepal {

struct NumberOrList {
  std::vector<double> values = {0.0};
  bool is_list = false;

  NumberOrList() = default;
  NumberOrList(double value) : values{value} {}                                       // NOLINT
  NumberOrList(std::vector<double> list) : values(std::move(list)), is_list(true) {}  // NOLINT
  NumberOrList(std::initializer_list<double> list) : values(list), is_list(true) {}

  /// "0.5" or "(0.1, 0.2)".
  std::string str() const;
};

void config_put(Json& out, const char* key, const NumberOrList& value);
void config_get(const Json& in, const ConfigField& field, NumberOrList& value);
/// Null: not given.
void config_put(Json& out, const char* key, const std::optional<NumberOrList>& value);
void config_get(const Json& in, const ConfigField& field, std::optional<NumberOrList>& value);

}  // namespace sepal
