#include "sepal/layers/regularization/dropout.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/ops/elementwise.h"

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

DropoutLayer::DropoutLayer(Options options)
    : ConfiguredLayer("Dropout", std::move(options)), seed_generator_(options_.seed) {
  if (!(options_.rate >= 0.0 && options_.rate <= 1.0)) {
    throw ValueError(
        fmt::format("Invalid value received for argument `rate`. Expected a float value between 0 and 1. "
                    "Received: rate={}",
                    options_.rate));
  }
}

std::vector<std::pair<std::string, std::vector<Variable>>> DropoutLayer::state_variables() const {
  if (options_.rate == 0.0) return {};
  return {{"seed_generator", {seed_generator_.state()}}};
}

Tensor DropoutLayer::call(const Tensor& input, const CallContext& context) {
  if (!context.training || options_.rate == 0.0) return input;
  if (options_.rate == 1.0) return ops::multiply(input, 0.0);
  Shape shape = input.shape();
  if (!options_.noise_shape.dims.empty()) {
    if (static_cast<int>(options_.noise_shape.dims.size()) != input.rank()) {
      throw ValueError(
          fmt::format("Argument `noise_shape` must have one length for each axis of the input. Received: "
                      "{} lengths for an input of shape {}",
                      options_.noise_shape.dims.size(), input.shape().str()));
    }
    for (int i = 0; i < shape.rank(); ++i) {
      const std::int64_t dim = options_.noise_shape.dims[static_cast<std::size_t>(i)];
      if (dim != kNone) shape[i] = dim;
    }
  }
  return ops::multiply(input, dropout_mask(shape, options_.rate, input.dtype(), seed_generator_.next()));
}

}  // namespace sepal
