#include "sepal/layers/regularization/gaussian_noise.h"

#include "sepal/ops/elementwise.h"

namespace sepal {

GaussianNoiseLayer::GaussianNoiseLayer(Options options)
    : ConfiguredLayer("GaussianNoise", std::move(options)), seed_generator_(options_.seed) {
  expect_zero_to_one("stddev", options_.stddev);
  set_supports_masking();
}

Tensor GaussianNoiseLayer::call(const Tensor& input, const CallContext& context) {
  if (!context.training || options_.stddev == 0.0) return input;
  return ops::add(input,
                  normal_noise(input.shape(), 0.0, options_.stddev, input.dtype(), seed_generator_.next()));
}

}  // namespace sepal
