#include "sepal/models/arena_layout.h"

#include <algorithm>
#include <numeric>

namespace sepal::frozen {
namespace {

bool meet(const Lifetime& a, const Lifetime& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

ArenaLayout lay_out(const std::vector<Lifetime>& lifetimes, std::int64_t alignment) {
  std::vector<std::size_t> by_size(lifetimes.size());
  std::iota(by_size.begin(), by_size.end(), std::size_t{0});
  std::stable_sort(by_size.begin(), by_size.end(),
                   [&](std::size_t a, std::size_t b) { return lifetimes[a].size > lifetimes[b].size; });
  ArenaLayout layout{std::vector<std::int64_t>(lifetimes.size()), 0};
  std::vector<std::size_t> placed;  // by offset
  for (const std::size_t i : by_size) {
    const std::int64_t size = (lifetimes[i].size + alignment - 1) / alignment * alignment;
    std::int64_t offset = 0;
    for (const std::size_t other : placed) {
      if (!meet(lifetimes[i], lifetimes[other])) continue;
      if (layout.offsets[other] >= offset + size) break;
      const std::int64_t end = layout.offsets[other] + lifetimes[other].size;
      offset = std::max(offset, (end + alignment - 1) / alignment * alignment);
    }
    layout.offsets[i] = offset;
    layout.size = std::max(layout.size, offset + size);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), i,
                         [&](std::size_t a, std::size_t b) { return layout.offsets[a] < layout.offsets[b]; }),
        i);
  }
  return layout;
}

}  // namespace sepal::frozen
