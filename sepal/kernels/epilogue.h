// What a kernel does to its results while they are still in registers.
#pragma once

#include <limits>

namespace sepal::kernels {

/// min(max(x, lower), upper): ReLU is [0, inf), ReLU6 [0, 6]. NaN stays NaN.
struct Clamp {
  float lower = -std::numeric_limits<float>::infinity();
  float upper = std::numeric_limits<float>::infinity();

  bool active() const {
    return lower > -std::numeric_limits<float>::infinity() || upper < std::numeric_limits<float>::infinity();
  }
};

/// y = clamp(sum + bias + residual).
struct Epilogue {
  const float* residual = nullptr;  // in the layout of y, or null
  Clamp clamp;
};

}  // namespace sepal::kernels
