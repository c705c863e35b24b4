// Places for arrays in one block of memory, so that arrays that are needed at the same time do not overlap.
// Not a public header.
#pragma once

#include <cstdint>
#include <vector>

namespace sepal::frozen {

/// An array that is written in step `first` and read for the last time in step `last`.
struct Lifetime {
  std::int64_t size;
  std::size_t first;
  std::size_t last;
};

struct ArenaLayout {
  std::vector<std::int64_t> offsets;  // one for each lifetime
  std::int64_t size = 0;
};

/// The largest arrays are placed first, each in the lowest gap that it fits in. Offsets are multiples of
/// `alignment`.
ArenaLayout lay_out(const std::vector<Lifetime>& lifetimes, std::int64_t alignment);

}  // namespace sepal::frozen
