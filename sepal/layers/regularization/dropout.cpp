#include "sepal/layers/regularization/dropout.h"

#include "sepal/ops/elementwise.h"

namespace sepal {

DropoutLayer::DropoutLayer(Options options)
    : ConfiguredLayer("Dropout", std::move(options)), seed_generator_(options_.seed) {
  expect_zero_to_one("rate", options_.rate);
  set_supports_masking();
}

Tensor DropoutLayer::call(const Tensor& input, const CallContext& context) {
  if (!context.training || options_.rate == 0.0) return input;
  if (options_.rate == 1.0) return ops::multiply(input, 0.0);
  const Shape shape = mask_shape(options_.noise_shape, input.shape());
  return ops::multiply(input, dropout_mask(shape, options_.rate, input.dtype(), seed_generator_.next()));
}

}  // namespace sepal
