#include "sepal/layers/regularization/gaussian_dropout.h"

#include <cmath>

#include "sepal/ops/elementwise.h"

namespace sepal {

GaussianDropoutLayer::GaussianDropoutLayer(Options options)
    : ConfiguredLayer("GaussianDropout", std::move(options)), seed_generator_(options_.seed) {
  expect_zero_to_one("rate", options_.rate);
  set_supports_masking();
}

Tensor GaussianDropoutLayer::call(const Tensor& input, const CallContext& context) {
  if (!context.training || options_.rate == 0.0) return input;
  const double stddev = std::sqrt(options_.rate / (1.0 - options_.rate));
  return ops::multiply(input,
                       normal_noise(input.shape(), 1.0, stddev, input.dtype(), seed_generator_.next()));
}

}  // namespace sepal
