#include "sepal/base/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/unknown_name.h"

namespace sepal {
namespace {

// A value for a message: short, whatever the file holds.
std::string shown(const Json& value) {
  constexpr std::size_t kMostCharacters = 80;
  if (value.is_object()) return "an object";
  if (value.is_array() && value.size() > 8) return fmt::format("a list of {} items", value.size());
  for (const auto& item : value.is_array() ? value : Json::array()) {
    if (item.is_structured()) return "a nested list";
  }
  std::string text = value.dump(-1, ' ', true, Json::error_handler_t::replace);
  if (text.size() > kMostCharacters) text = text.substr(0, kMostCharacters) + "…";
  return text;
}

// Python writes whole numbers as 3 or 3.0, and both mean an integer.
std::optional<std::int64_t> as_integer(const Json& value) {
  if (value.is_number_unsigned()) {
    const auto number = value.get<std::uint64_t>();
    if (number > static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max())) return std::nullopt;
    return static_cast<std::int64_t>(number);
  }
  if (value.is_number_integer()) return value.get<std::int64_t>();
  if (value.is_number_float()) {
    const double number = value.get<double>();
    if (std::abs(number) < 0x1p53 && std::floor(number) == number) return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

}  // namespace

std::string IntTuple::str() const {
  if (is_scalar_) return std::to_string(values_[0]);
  return fmt::format("({}{})", fmt::join(values_, ", "), values_.size() == 1 ? "," : "");
}

IntTuple standardize_tuple(const IntTuple& value, std::size_t n, const char* argument, std::int64_t least) {
  std::vector<std::int64_t> values = value.values();
  if (value.is_scalar()) values.assign(n, value[0]);
  if (values.size() != n) {
    throw ValueError(fmt::format("The `{}` argument must be a tuple of {} integers. Received: {}={}",
                                 argument, n, argument, value.str()));
  }
  if (std::any_of(values.begin(), values.end(), [&](std::int64_t v) { return v < least; })) {
    throw ValueError(fmt::format(
        "The `{}` argument must be a tuple of {} integers. Received: {}={}, including values that "
        "do not satisfy `value {} 0`",
        argument, n, argument, value.str(), least == 0 ? ">=" : ">"));
  }
  return IntTuple(std::move(values));
}

std::string standardize_choice(std::string value, std::initializer_list<std::string_view> allowed,
                               const char* argument) {
  std::string lower = value;
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  if (std::find(allowed.begin(), allowed.end(), lower) == allowed.end()) {
    throw ValueError(fmt::format("The `{}` argument must be one of ('{}'). Received: {}={}", argument,
                                 fmt::join(allowed, "', '"), argument, value));
  }
  return lower;
}

std::string ConfigField::str() const { return fmt::format("{}, field '{}'", owner, key); }

void config_type_error(const ConfigField& field, std::string_view expected, const Json& found) {
  throw ValueError(fmt::format("{}: expected {}. Received: {}", field.str(), expected, shown(found)));
}

void config_missing_error(const std::string& owner, const char* key) {
  throw TypeError(fmt::format("{}: missing a required argument: '{}'", owner, key));
}

void config_put(Json& out, const char* key, std::nullptr_t) { out[key] = nullptr; }
void config_put(Json& out, const char* key, bool value) { out[key] = value; }
void config_put(Json& out, const char* key, std::int64_t value) { out[key] = value; }
void config_put(Json& out, const char* key, double value) { out[key] = value; }
void config_put(Json& out, const char* key, const std::string& value) { out[key] = value; }
void config_put(Json& out, const char* key, const std::vector<double>& value) { out[key] = value; }

void config_put(Json& out, const char* key, const IntTuple& value) {
  if (value.is_scalar()) {
    out[key] = value[0];
  } else {
    out[key] = value.values();
  }
}

void config_put(Json& out, const char* key, const std::optional<double>& value) {
  out[key] = value ? Json(*value) : Json(nullptr);
}

void config_put(Json& out, const char* key, const std::optional<std::int64_t>& value) {
  out[key] = value ? Json(*value) : Json(nullptr);
}

void config_put(Json& out, const char* key, const std::optional<IntTuple>& value) {
  if (value) {
    config_put(out, key, *value);
  } else {
    out[key] = nullptr;
  }
}

void config_get(const Json& in, const ConfigField& field, bool& value) {
  if (!in.is_boolean()) config_type_error(field, "true or false", in);
  value = in.get<bool>();
}

void config_get(const Json& in, const ConfigField& field, std::int64_t& value) {
  // Python cannot compare text with a number, which is how Keras finds out.
  if (in.is_string())
    throw TypeError(fmt::format("{}: expected an integer. Received: {}", field.str(), shown(in)));
  const auto number = as_integer(in);
  if (!number) config_type_error(field, "an integer", in);
  value = *number;
}

void config_get(const Json& in, const ConfigField& field, double& value) {
  if (!in.is_number()) config_type_error(field, "a number", in);
  value = in.get<double>();
}

void config_get(const Json& in, const ConfigField& field, std::string& value) {
  if (!in.is_string()) config_type_error(field, "a string", in);
  value = in.get<std::string>();
}

void config_get(const Json& in, const ConfigField& field, IntTuple& value) {
  if (const auto number = as_integer(in)) {
    value = IntTuple(*number);
    return;
  }
  if (!in.is_array()) config_type_error(field, "an integer or a list of integers", in);
  std::vector<std::int64_t> values;
  for (const Json& item : in) {
    const auto number = as_integer(item);
    if (!number) config_type_error(field, "an integer or a list of integers", in);
    values.push_back(*number);
  }
  value = IntTuple(std::move(values));
}

void config_get(const Json& in, const ConfigField& field, std::vector<double>& value) {
  if (!in.is_array()) config_type_error(field, "a list of numbers", in);
  value.clear();
  for (const Json& item : in) {
    if (!item.is_number()) config_type_error(field, "a list of numbers", in);
    value.push_back(item.get<double>());
  }
}

void config_get(const Json& in, const ConfigField& field, std::optional<double>& value) {
  value.reset();
  if (!in.is_null()) config_get(in, field, value.emplace());
}

void config_get(const Json& in, const ConfigField& field, std::optional<std::int64_t>& value) {
  value.reset();
  if (!in.is_null()) config_get(in, field, value.emplace());
}

void config_get(const Json& in, const ConfigField& field, std::optional<IntTuple>& value) {
  value.reset();
  if (!in.is_null()) config_get(in, field, value.emplace());
}

Json shape_to_json(const Shape& shape) {
  Json list = Json::array();
  for (const std::int64_t dim : shape) list.push_back(dim == kNone ? Json(nullptr) : Json(dim));
  return list;
}

Shape shape_from_json(const Json& value, const ConfigField& field) {
  constexpr std::string_view kExpected = "a list of at most 8 lengths, each a whole number from 0 or null";
  if (!value.is_array() || value.size() > static_cast<std::size_t>(kMaxRank))
    config_type_error(field, kExpected, value);
  Shape shape;
  for (const Json& item : value) {
    const auto length = item.is_null() ? std::optional<std::int64_t>(kNone) : as_integer(item);
    if (!length || (*length < 0 && !item.is_null())) config_type_error(field, kExpected, value);
    shape.push_back(*length);
  }
  return shape;
}

bool is_null(const Json& value) { return value.is_null(); }

const Json* config_find(const Json& config, const std::string& owner, const char* key) {
  if (!config.is_object()) {
    throw TypeError(fmt::format("{}: expected a config object. Received: {}", owner, shown(config)));
  }
  const auto found = config.find(key);
  return found == config.end() ? nullptr : &*found;
}

void config_expect_only(const Json& config, const std::string& owner, const std::set<std::string>& known) {
  for (const auto& [key, value] : config.items()) {
    if (!known.contains(key)) {
      throw UnknownKeywordError(fmt::format("{}: keyword argument not understood: '{}'", owner, key));
    }
  }
}

}  // namespace sepal
