#include "sepal/kernels/channel_blocks.h"

#include <algorithm>
#include <numeric>

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {
namespace {

// Four AVX-512 registers of floats: below that a row would not fill the columns that the kernels add side by
// side. Fixed, so that the order of additions is the same on every machine.
constexpr std::int64_t kLeastWidth = 64;
constexpr std::int64_t kVector = 16;

// 64 KiB of floats: a second pass over a block finds it in L2, and folding its columns costs little against
// it.
constexpr std::int64_t kBlockElements = 16384;
constexpr std::int64_t kLeastBlockRows = 64;

// Rows of more elements than this would make blocks that no cache holds.
constexpr std::int64_t kLongestPeriod = 4096;

/// Whether a row of columns is (channels, inner) and not a piece of one channel: a channel's elements that
/// follow each other are too few to fill vectors, or make little of a row.
bool rows_of_channels(const ChannelLayout& layout) {
  if (layout.inner < kVector) return true;
  return layout.inner < kLeastWidth && layout.channels * layout.inner <= kLongestPeriod;
}

/// The least useful multiple of `period` columns; a tensor without elements has some width, too.
std::int64_t width_of(std::int64_t period) {
  if (period == 0) return kLeastWidth;
  const std::int64_t unit = period < kLeastWidth ? std::lcm(period, kVector) : period;
  return ceil_divide(kLeastWidth, unit) * unit;
}

}  // namespace

ChannelBlocks::ChannelBlocks(const ChannelLayout& layout)
    : layout_(layout),
      channels_in_row_(rows_of_channels(layout)),
      channels_per_block_(channels_in_row_ ? std::max<std::int64_t>(layout.channels, 1) : 1),
      width_(channels_in_row_ ? width_of(layout.channels * layout.inner) : kLeastWidth),
      column_run_(channels_in_row_ ? std::max<std::int64_t>(layout.inner, 1) : kLeastWidth),
      run_(channels_in_row_ ? layout.elements() : layout.inner),
      runs_(channels_in_row_ ? 1 : layout.outer * layout.channels),
      block_(width_ * std::max(kLeastBlockRows, kBlockElements / width_)),
      blocks_per_run_(ceil_divide(run_, block_)) {}

ChannelBlock ChannelBlocks::operator[](std::int64_t index) const {
  const std::int64_t run = index / blocks_per_run_;
  const std::int64_t begin = index % blocks_per_run_ * block_;
  const std::int64_t channel = channels_in_row_ ? 0 : run % layout_.channels;
  return {index, run * run_ + begin, std::min(block_, run_ - begin), channel * width_, channel};
}

}  // namespace sepal::kernels
