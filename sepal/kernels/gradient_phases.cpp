#include "sepal/kernels/gradient_phases.h"

#include <algorithm>
#include <numeric>

#include "sepal/kernels/strip_plan.h"

namespace sepal::kernels {
namespace {

std::vector<AxisPhase> axis_phases(std::int64_t kernel, std::int64_t stride, std::int64_t dilation) {
  const std::int64_t common = std::gcd(stride, dilation);
  std::vector<AxisPhase> phases;
  for (std::int64_t residue = 0; residue < stride; ++residue) {
    AxisPhase phase{residue, 0, 0, stride / common, dilation / common, dilation};
    for (std::int64_t u = kernel - 1; u >= 0; --u) {
      if (u * dilation % stride != residue) continue;
      phase.first = u;
      ++phase.taps;
    }
    phases.push_back(phase);
  }
  return phases;
}

}  // namespace

AxisSpan AxisPhase::span(std::int64_t begin, std::int64_t end, std::int64_t stride, std::int64_t pad) const {
  const std::int64_t input = begin + (residue - (begin + pad) % stride + stride) % stride;
  const std::int64_t above = input + pad - first * dilation;  // a multiple of stride where there are taps
  const std::int64_t output = above >= 0 ? above / stride : -((-above) / stride);
  return {input, output, ceil_divide(std::max<std::int64_t>(end - input, 0), stride)};
}

GradientPhases::GradientPhases(const Window2D& g) : floats(0) {
  const std::int64_t channels = blocks_of(g.in_c * g.depth_multiplier) * kLaneBlock;
  for (const AxisPhase& rows : axis_phases(g.kernel_h, g.stride_h, g.dilation_h)) {
    for (const AxisPhase& columns : axis_phases(g.kernel_w, g.stride_w, g.dilation_w)) {
      list.push_back({rows, columns, floats});
      floats += rows.taps * columns.taps * channels;
    }
  }
}

void GradientPhases::pack(const Window2D& g, const float* kernel, float* to) const {
  const std::int64_t channels = g.in_c * g.depth_multiplier;
  for (const GradientPhase& phase : list) {
    for (std::int64_t block = 0; block < blocks_of(channels); ++block) {
      const std::int64_t first = block * kLaneBlock, width = std::min(kLaneBlock, channels - first);
      for (std::int64_t t = phase.rows.taps - 1; t >= 0; --t) {
        const std::int64_t u = phase.rows.first + t * phase.rows.step;
        for (std::int64_t q = phase.columns.taps - 1; q >= 0; --q) {
          const std::int64_t v = phase.columns.first + q * phase.columns.step;
          std::copy_n(kernel + (u * g.kernel_w + v) * channels + first, width, to);
          std::fill_n(to + width, kLaneBlock - width, 0.0F);
          to += kLaneBlock;
        }
      }
    }
  }
}

}  // namespace sepal::kernels
