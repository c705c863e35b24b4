#include "sepal/layers/activations/leaky_relu.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/activations.h"

namespace sepal {

LeakyReLULayer::LeakyReLULayer(Options options) : ConfiguredLayer("LeakyReLU", std::move(options)) {
  set_supports_masking();
  if (!(options_.negative_slope >= 0.0)) {
    throw ValueError(
        fmt::format("The negative_slope value of a Leaky ReLU layer cannot be a negative value. Expected a "
                    "float. Received: negative_slope={}",
                    options_.negative_slope));
  }
}

Tensor LeakyReLULayer::call(const Tensor& input, const CallContext&) {
  return ops::leaky_relu(input, options_.negative_slope);
}

}  // namespace sepal
