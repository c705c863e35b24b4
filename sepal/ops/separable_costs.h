// What each way to compute a separable convolution costs: the planner of separable_conv2d takes the cheapest.
// Not a public header.
#pragma once

#include "sepal/kernels/geometry.h"

namespace sepal::ops {

/// Estimated cycles of one call on one thread.
struct SeparableCosts {
  double fused;   // strips of the depthwise output stay in cache
  double split;   // the depthwise output is a tensor
  double onednn;  // the same with oneDNN's two convolutions
  double dense;   // one ordinary convolution with the product of both kernels
};

/// Sums of the work of each kind times what it costs. The prices are least squares over the calls that
/// bench/planner_check measures (Zen 4, AVX-512; the estimates are within a quarter of the measured times,
/// and the way taken is on average 1 % slower than the fastest).
SeparableCosts separable_costs(const kernels::Window2D& window);

}  // namespace sepal::ops
