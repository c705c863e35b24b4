// How the input's gradient of a depthwise step becomes window sums of stride 1: one for each phase.
//
// An input position i gets gradient from the outputs o with o * stride + u * dilation = i + pad. Positions
// with the same (i + pad) % stride, a phase, meet the same taps u, and neighbours among them meet
// neighbouring outputs: a window sum over the outputs with those taps, last tap first.
#pragma once

#include <vector>

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// The positions of a phase within a range: `input` + k * stride for k in [0, count); with its first tap,
/// position k meets output `output` + k.
struct AxisSpan {
  std::int64_t input, output, count;
};

/// One phase of an axis: its taps are first + t * step for t in [0, taps); one tap further on the output lies
/// `output_step` further back.
struct AxisPhase {
  std::int64_t residue, taps, first, step, output_step, dilation;

  /// Positions in [begin, end).
  AxisSpan span(std::int64_t begin, std::int64_t end, std::int64_t stride, std::int64_t pad) const;
};

struct GradientPhase {
  AxisPhase rows, columns;
  std::int64_t first_weight;  // floats from the first phase's weights
};

/// All phases of a window, and the weights that their sums read: [phase][block][tap][16].
struct GradientPhases {
  explicit GradientPhases(const Window2D& window);

  std::vector<GradientPhase> list;
  std::int64_t floats;  // of the weights

  /// kernel (kh, kw, channels), one channel for each output channel of the depthwise step.
  void pack(const Window2D& window, const float* kernel, float* to) const;
};

}  // namespace sepal::kernels
