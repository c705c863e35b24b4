#include "sepal/layers/regularization/alpha_dropout.h"

#include <cmath>

#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

// The limit of selu for small x: -alpha * scale.
constexpr double kDroppedValue = -1.6732632423543772 * 1.0507009873554805;

}  // namespace

AlphaDropoutLayer::AlphaDropoutLayer(Options options)
    : NoiseLayer("AlphaDropout", "rate", &Options::rate, std::move(options)) {}

Tensor AlphaDropoutLayer::disturbed(const Tensor& input, std::uint64_t key) const {
  const double rate = options_.rate;
  // With rate 1 nothing is kept and the mask's own scale would be infinite.
  const Shape shape = mask_shape(options_.noise_shape, input.shape());
  const Tensor kept = rate == 1.0 ? Tensor::zeros(shape, input.dtype())
                                  : ops::multiply(dropout_mask(shape, rate, input.dtype(), key), 1.0 - rate);
  const double a = 1.0 / std::sqrt((1.0 - rate) * (1.0 + rate * kDroppedValue * kDroppedValue));
  const double b = -a * kDroppedValue * rate;
  const Tensor dropped = ops::multiply(ops::add(ops::negative(kept), 1.0), kDroppedValue);
  return ops::add(ops::multiply(ops::add(ops::multiply(input, kept), dropped), a), b);
}

}  // namespace sepal
