#include "sepal/models/frozen_folding.h"

#include <algorithm>

namespace sepal::frozen {
namespace {

// The kernel's last axes together are the output channels.
Tensor scaled(const Tensor& kernel, const Tensor& scale) {
  Tensor result(kernel.shape());
  const float* in = kernel.data<float>();
  const float* factors = scale.data<float>();
  float* out = result.mutable_data<float>();
  const std::int64_t channels = scale.num_elements();
  for (std::int64_t first = 0; first < kernel.num_elements(); first += channels) {
    for (std::int64_t c = 0; c < channels; ++c) out[first + c] = in[first + c] * factors[c];
  }
  return result;
}

}  // namespace

void fold(const Normalization& normalization, Convolution& convolution) {
  const bool is_depthwise = convolution.kind == Convolution::Kind::depthwise;
  Tensor& kernel = is_depthwise ? convolution.depthwise : convolution.kernel;
  kernel = scaled(kernel, normalization.scale);
  Tensor bias(normalization.shift.shape());
  float* out = bias.mutable_data<float>();
  for (std::int64_t c = 0; c < bias.num_elements(); ++c) {
    const double before = convolution.bias.defined() ? convolution.bias.at(c) : 0.0;
    out[c] = static_cast<float>((before - normalization.mean.at(c)) * normalization.scale.at(c) +
                                normalization.shift.at(c));
  }
  convolution.bias = bias;
}

bool takes_zeros(const Convolution& convolution, const Frame& frame) {
  const bool has_own = convolution.options.padding != ops::Padding::valid ||
                       convolution.zeros != std::array<std::int64_t, 4>{};
  const bool cuts = std::any_of(frame.cells.begin(), frame.cells.end(), [](std::int64_t n) { return n < 0; });
  return !has_own && !cuts && frame.channels_first == convolution.options.channels_first;
}

}  // namespace sepal::frozen
