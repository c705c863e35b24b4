#include "sepal/layers/regularization/dropout.h"

#include "sepal/ops/elementwise.h"

namespace sepal {

DropoutLayer::DropoutLayer(Options options)
    : NoiseLayer("Dropout", "rate", &Options::rate, std::move(options)) {}

Tensor DropoutLayer::disturbed(const Tensor& input, std::uint64_t key) const {
  if (options_.rate == 1.0) return ops::multiply(input, 0.0);
  const Shape shape = mask_shape(options_.noise_shape, input.shape());
  return ops::multiply(input, dropout_mask(shape, options_.rate, input.dtype(), key));
}

}  // namespace sepal
