// How far what a model's file stores may be compressed.
#pragma once

#include <algorithm>
#include <cstdint>

namespace sepal {

/// The most bytes that `stored` compressed ones may stand for: weights and configs are not so regular that
/// more is plausible, and deflate alone would allow 1032 times as many. `always` bytes are allowed whatever
/// is stored.
constexpr std::uint64_t most_plausible_bytes(std::uint64_t stored,
                                             std::uint64_t always = std::uint64_t{64} << 20) {
  constexpr std::uint64_t kMostRatio = 100;
  return std::max(stored * kMostRatio, always);
}

}  // namespace sepal
