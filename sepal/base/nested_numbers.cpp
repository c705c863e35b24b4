#include "sepal/base/nested_numbers.h"

#include <nlohmann/json.hpp>

namespace sepal {
namespace {

constexpr const char* kExpected = "a number, or numbers in lists of one length";

Json nested(const Tensor& values, std::int64_t& next, int axis) {
  if (axis == values.rank()) return values.at(next++);
  Json list = Json::array();
  for (std::int64_t i = 0; i < values.shape()[axis]; ++i) list.push_back(nested(values, next, axis + 1));
  return list;
}

// Appends the numbers of `in`, which must have `shape` from `axis` on.
void flatten(const Json& in, const ConfigField& field, const Shape& shape, int axis,
             std::vector<double>& numbers) {
  if (axis == shape.rank()) {
    if (!in.is_number()) config_type_error(field, kExpected, in);
    numbers.push_back(in.get<double>());
    return;
  }
  if (!in.is_array() || static_cast<std::int64_t>(in.size()) != shape[axis])
    config_type_error(field, kExpected, in);
  for (const Json& item : in) flatten(item, field, shape, axis + 1, numbers);
}

}  // namespace

Json nested_numbers(const Tensor& values) {
  std::int64_t next = 0;
  return nested(values, next, 0);
}

Tensor nested_numbers_from(const Json& in, const ConfigField& field) {
  Shape shape;
  for (const Json* level = &in; level->is_array(); level = &level->front()) {
    if (level->empty() || shape.rank() == kMaxRank) config_type_error(field, kExpected, in);
    shape.push_back(static_cast<std::int64_t>(level->size()));
  }
  std::vector<double> numbers;
  flatten(in, field, shape, 0, numbers);
  return Tensor::from(numbers, shape);
}

}  // namespace sepal
