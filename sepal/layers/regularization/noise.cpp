#include "sepal/layers/regularization/noise.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"

namespace sepal {

void config_put(Json& out, const char* key, const NoiseShape& shape) {
  if (shape.dims.empty()) {
    out[key] = nullptr;
    return;
  }
  out[key] = shape_to_json(Shape(shape.dims));
}

void config_get(const Json& in, const ConfigField& field, NoiseShape& shape) {
  shape.dims.clear();
  if (!in.is_null()) shape.dims = shape_from_json(in, field).dims();
}

Shape mask_shape(const NoiseShape& noise_shape, const Shape& input) {
  if (noise_shape.dims.empty()) return input;
  if (static_cast<int>(noise_shape.dims.size()) != input.rank()) {
    throw ValueError(
        fmt::format("Argument `noise_shape` must have one length for each axis of the input. Received: "
                    "{} lengths for an input of shape {}",
                    noise_shape.dims.size(), input.str()));
  }
  Shape shape(noise_shape.dims);
  for (int i = 0; i < shape.rank(); ++i) {
    if (shape[i] == kNone) shape[i] = input[i];
  }
  return shape;
}

void expect_zero_to_one(const char* argument, double value) {
  if (value >= 0.0 && value <= 1.0) return;
  throw ValueError(
      fmt::format("Invalid value received for argument `{}`. Expected a float value between 0 and 1. "
                  "Received: {}={}",
                  argument, argument, value));
}

}  // namespace sepal
