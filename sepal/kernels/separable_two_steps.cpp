#include "sepal/kernels/separable_two_steps.h"

#include <algorithm>
#include <vector>

#include "sepal/kernels/depthwise_conv2d.h"
#include "sepal/kernels/onednn.h"
#include "sepal/kernels/thread_buffer.h"

namespace sepal::kernels {
namespace {

std::int64_t middle_channels(const Window2D& g) { return g.in_c * g.depth_multiplier; }

float* middle_tensor(const Window2D& g) {
  thread_local ThreadBuffer buffer;
  return buffer.reserve<float>(g.batch * g.out_h * g.out_w * middle_channels(g));
}

/// The first step as a convolution of as many groups as there are channels.
Window2D depthwise_as_groups(const Window2D& g) {
  Window2D first = g;
  first.groups = g.in_c;
  first.out_c = middle_channels(g);
  first.depth_multiplier = 1;
  return first;
}

/// The second step.
Window2D pointwise_window(const Window2D& g) {
  Window2D second;
  second.batch = g.batch;
  second.in_h = second.out_h = g.out_h;
  second.in_w = second.out_w = g.out_w;
  second.in_c = middle_channels(g);
  second.out_c = g.out_c;
  second.channels_first = g.channels_first;
  return second;
}

}  // namespace

void separable_conv2d_split(const Window2D& g, const SeparableForward<float>& a) {
  float* middle = middle_tensor(g);
  depthwise_conv2d_simd(g, {.x = a.x, .kernel = a.depthwise, .bias = nullptr, .y = middle});
  // The fused kernel with a depthwise step that multiplies by 1.
  const std::vector<float> ones(static_cast<std::size_t>(middle_channels(g)), 1.0F);
  separable_conv2d_fused(
      pointwise_window(g),
      {.x = middle, .depthwise = ones.data(), .pointwise = a.pointwise, .bias = a.bias, .y = a.y});
}

void separable_conv2d_onednn(const Window2D& g, const SeparableForward<float>& a) {
  float* middle = middle_tensor(g);
  onednn::conv2d(depthwise_as_groups(g), a.x, a.depthwise, nullptr, middle);
  onednn::conv2d(pointwise_window(g), middle, a.pointwise, a.bias, a.y);
}

std::string_view separable_conv2d_onednn_refusal(const Window2D& g, bool with_bias) {
  const std::string_view first = onednn::conv2d_refusal(depthwise_as_groups(g), false);
  return first.empty() ? onednn::conv2d_refusal(pointwise_window(g), with_bias) : first;
}

Window2D collapsed_window(const Window2D& g) {
  Window2D collapsed = g;
  collapsed.depth_multiplier = 1;
  return collapsed;
}

void collapse_kernels(const Window2D& g, const float* depthwise, const float* pointwise, float* kernel) {
  const std::int64_t taps = g.kernel_h * g.kernel_w;
  for (std::int64_t tap = 0; tap < taps; ++tap) {
    for (std::int64_t c = 0; c < g.in_c; ++c) {
      float* row = kernel + (tap * g.in_c + c) * g.out_c;
      std::fill_n(row, g.out_c, 0.0F);
      for (std::int64_t k = c * g.depth_multiplier; k < (c + 1) * g.depth_multiplier; ++k) {
        const float weight = depthwise[tap * middle_channels(g) + k];
        for (std::int64_t f = 0; f < g.out_c; ++f) row[f] += weight * pointwise[k * g.out_c + f];
      }
    }
  }
}

}  // namespace sepal::kernels
