#include "sepal/layers/activations/relu.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"

namespace sepal {
namespace {

void expect_not_negative(double value, const char* argument) {
  if (!(value >= 0.0)) {
    throw ValueError(
        fmt::format("{} of a ReLU layer cannot be a negative value. Received: {}", argument, value));
  }
}

}  // namespace

ReLULayer::ReLULayer(Options options) : ConfiguredLayer("ReLU", std::move(options)) {
  set_supports_masking();
  if (options_.max_value) expect_not_negative(*options_.max_value, "max_value");
  expect_not_negative(options_.negative_slope, "negative_slope");
  expect_not_negative(options_.threshold, "threshold");
}

Tensor ReLULayer::call(const Tensor& input, const CallContext&) {
  return ops::relu(input, options_.negative_slope, options_.max_value.value_or(-1.0), options_.threshold);
}

}  // namespace sepal
