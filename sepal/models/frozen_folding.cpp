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

void fold(const Statistics& statistics, Tensor& kernel, Tensor& bias) {
  kernel = scaled(kernel, statistics.scale);
  Tensor result(statistics.shift.shape());
  float* out = result.mutable_data<float>();
  for (std::int64_t c = 0; c < result.num_elements(); ++c) {
    const double before = bias.defined() ? bias.at(c) : 0.0;
    out[c] = static_cast<float>((before - statistics.mean.at(c)) * statistics.scale.at(c) +
                                statistics.shift.at(c));
  }
  bias = result;
}

bool is_one_by_one(const Convolution& convolution) {
  return convolution.kind == Convolution::Kind::conv && convolution.kernel.shape()[0] == 1 &&
         convolution.kernel.shape()[1] == 1 && convolution.options.groups == 1;
}

bool takes_zeros(const Convolution& convolution, const Frame& frame) {
  const bool has_own = convolution.options.padding != ops::Padding::valid ||
                       convolution.zeros != std::array<std::int64_t, 4>{};
  const bool cuts = std::any_of(frame.cells.begin(), frame.cells.end(), [](std::int64_t n) { return n < 0; });
  // The kernel of 1x1 convolutions also begins within the image.
  return !has_own && (!cuts || is_one_by_one(convolution)) &&
         frame.channels_first == convolution.options.channels_first;
}

}  // namespace sepal::frozen
