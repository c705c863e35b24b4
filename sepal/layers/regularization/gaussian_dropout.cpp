#include "sepal/layers/regularization/gaussian_dropout.h"

#include <cmath>

#include "sepal/ops/elementwise.h"

namespace sepal {

GaussianDropoutLayer::GaussianDropoutLayer(Options options)
    : NoiseLayer("GaussianDropout", "rate", &Options::rate, std::move(options)) {}

Tensor GaussianDropoutLayer::disturbed(const Tensor& input, std::uint64_t key) const {
  const double stddev = std::sqrt(options_.rate / (1.0 - options_.rate));
  return ops::multiply(input, normal_noise(input.shape(), 1.0, stddev, input.dtype(), key));
}

}  // namespace sepal
