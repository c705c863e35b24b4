#include "sepal/layers/regularization/gaussian_noise.h"

#include "sepal/ops/elementwise.h"

namespace sepal {

GaussianNoiseLayer::GaussianNoiseLayer(Options options)
    : NoiseLayer("GaussianNoise", "stddev", &Options::stddev, std::move(options)) {}

Tensor GaussianNoiseLayer::disturbed(const Tensor& input, std::uint64_t key) const {
  return ops::add(input, normal_noise(input.shape(), 0.0, options_.stddev, input.dtype(), key));
}

}  // namespace sepal
