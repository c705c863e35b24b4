// When results are written past the caches.
#pragma once

#include <cstdint>

#include "sepal/kernels/strip_plan.h"

namespace sepal::kernels {

// From this size on a result would not stay in the caches until it is read, and a store that goes by them
// does not first fetch what it overwrites: 5 to 20 % of the time of early layers.
inline constexpr std::int64_t kStreamBytes = 4 * 1024 * 1024;

/// Whether a tensor of pixels with `channels` neighbouring floats each is written so: its cells of sixteen
/// channels must be whole aligned lines.
inline bool is_streamed(const float* tensor, std::int64_t pixels, std::int64_t channels) {
  return pixels * channels * 4 >= kStreamBytes && channels % kLaneBlock == 0 &&
         reinterpret_cast<std::uintptr_t>(tensor) % 64 == 0;
}

}  // namespace sepal::kernels
