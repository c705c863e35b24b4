#include "sepal/models/arena_layout.h"

#include <gtest/gtest.h>

namespace sepal::frozen {
namespace {

TEST(ArenaLayout, ReusesMemoryThatNobodyReadsAnyMore) {
  // A chain of three: the third has the place of the first.
  const ArenaLayout layout = lay_out({{100, 0, 1}, {60, 1, 2}, {100, 2, 3}}, 1);
  EXPECT_EQ(layout.offsets[0], layout.offsets[2]);
  EXPECT_EQ(layout.size, 160);
}

TEST(ArenaLayout, KeepsArraysApartThatAreNeededTogether) {
  std::vector<Lifetime> lifetimes;
  for (std::size_t i = 0; i < 40; ++i) {
    lifetimes.push_back({static_cast<std::int64_t>((i * 37) % 23 + 1), i / 2, i / 2 + i % 7});
  }
  const ArenaLayout layout = lay_out(lifetimes, 4);
  for (std::size_t a = 0; a < lifetimes.size(); ++a) {
    EXPECT_EQ(layout.offsets[a] % 4, 0);
    EXPECT_LE(layout.offsets[a] + lifetimes[a].size, layout.size);
    for (std::size_t b = 0; b < a; ++b) {
      if (lifetimes[a].first > lifetimes[b].last || lifetimes[b].first > lifetimes[a].last) continue;
      EXPECT_TRUE(layout.offsets[a] + lifetimes[a].size <= layout.offsets[b] ||
                  layout.offsets[b] + lifetimes[b].size <= layout.offsets[a])
          << a << " and " << b;
    }
  }
}

TEST(ArenaLayout, FillsGapsBetweenLargerArrays) {
  // The large ones lie at 0 and 80 (the second meets the first only); the small one fits between.
  const ArenaLayout layout = lay_out({{50, 0, 0}, {80, 0, 3}, {30, 1, 1}}, 1);
  EXPECT_EQ(layout.size, 130);
  EXPECT_EQ(layout.offsets[2], 80);
}

}  // namespace
}  // namespace sepal::frozen
