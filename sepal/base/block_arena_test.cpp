#include "sepal/base/block_arena.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <cstring>
#include <random>
#include <vector>

#include "sepal/base/buffer.h"
#include "sepal/base/large_pages.h"

namespace sepal {
namespace {

constexpr std::size_t kRegion = 4 * kLargePage;
constexpr std::size_t kBlock = kLargePage;

TEST(BlockArena, JoinsFreeNeighboursInAnyOrder) {
  const std::vector<std::vector<int>> orders = {{0, 1, 2}, {2, 1, 0}, {0, 2, 1}, {1, 0, 2}};
  for (const std::vector<int>& order : orders) {
    BlockArena arena(kRegion, kRegion);
    std::byte* const blocks[] = {arena.take(kBlock), arena.take(kBlock), arena.take(kBlock)};
    EXPECT_EQ(blocks[1], blocks[0] + kBlock);
    for (const int i : order) arena.give(blocks[i], kBlock);
    std::byte* const all = arena.take(kRegion);
    EXPECT_EQ(all, blocks[0]);
    arena.give(all, kRegion);
  }
}

TEST(BlockArena, FillsTheLeastGapThatIsLargeEnough) {
  BlockArena arena(kRegion, kRegion);
  std::byte* const large = arena.take(1024);
  std::byte* const wall = arena.take(64);
  std::byte* const small = arena.take(256);
  std::byte* const end = arena.take(64);
  arena.give(large, 1024);
  arena.give(small, 256);
  EXPECT_EQ(arena.take(192), small);
  EXPECT_EQ(arena.take(192), large);
  EXPECT_EQ(arena.take(64), small + 192);
  arena.give(small, 192);
  arena.give(large, 192);
  arena.give(small + 192, 64);
  arena.give(wall, 64);
  arena.give(end, 64);
}

TEST(BlockArena, AddsRegionsAndMakesThemLargeEnough) {
  BlockArena arena(kRegion, 0);
  std::byte* const first = arena.take(kRegion);
  std::byte* const large = arena.take(3 * kRegion);
  std::memset(first, 1, kRegion);
  std::memset(large, 2, 3 * kRegion);
  EXPECT_EQ(first[kRegion - 1], std::byte{1});
  arena.give(large, 3 * kRegion);
  arena.give(first, kRegion);
}

TEST(BlockArena, SaysThatThereIsNoMemory) {
  BlockArena arena(kRegion, kRegion);
  EXPECT_EQ(arena.take(std::size_t{1} << 62), nullptr);
  std::byte* const block = arena.take(64);
  EXPECT_NE(block, nullptr);
  arena.give(block, 64);
}

// Each block is filled with a number of its own, which must be there when it is given back.
TEST(BlockArena, NeverHandsOutWhatIsInUse) {
  BlockArena arena(kRegion, kRegion);
  struct Block {
    std::byte* at;
    std::size_t size;
    std::byte mark;
  };
  std::vector<Block> blocks;
  std::mt19937 random(1);
  for (int i = 0; i < 3000; ++i) {
    if (blocks.size() < 40 && random() % 2 == 0) {
      const std::size_t size = kBufferAlignment * (1 + random() % 4000);
      blocks.push_back({arena.take(size), size, static_cast<std::byte>(i)});
      ASSERT_EQ(reinterpret_cast<std::uintptr_t>(blocks.back().at) % kBufferAlignment, 0U);
      std::memset(blocks.back().at, static_cast<int>(blocks.back().mark), size);
    } else if (!blocks.empty()) {
      std::swap(blocks[random() % blocks.size()], blocks.back());
      const Block block = blocks.back();
      blocks.pop_back();
      for (std::size_t k = 0; k < block.size; ++k) ASSERT_EQ(block.at[k], block.mark);
      arena.give(block.at, block.size);
    }
  }
  for (const Block& block : blocks) arena.give(block.at, block.size);
}

}  // namespace
}  // namespace sepal
