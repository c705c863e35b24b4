// A tensor with a channel axis, cut into blocks for the column kernels by its shape alone.
#pragma once

#include <cstdint>
#include <vector>

namespace sepal::kernels {

/// (outer, channels, inner) row-major: images (n, h, w, c) are (n * h * w, c, 1), images (n, c, h, w) are
/// (n, c, h * w).
struct ChannelLayout {
  std::int64_t outer = 1, channels = 1, inner = 1;

  std::int64_t elements() const { return outer * channels * inner; }
  /// Elements of one channel.
  std::int64_t count() const { return outer * inner; }
};

/// Where a block lies and whose parameters it takes.
struct ChannelBlock {
  std::int64_t index;
  std::int64_t offset;        // of its first element
  std::int64_t count;         // elements
  std::int64_t first_column;  // of its parameters in what `expand` gives
  std::int64_t channel;       // first channel
};

/// Blocks are rows of `width()` columns. Where the channels lie (nearly) innermost a column is an element of
/// (channels, inner), several times over if these are few, so that whole vectors are full. Otherwise all
/// columns of a block belong to one channel.
class ChannelBlocks {
 public:
  explicit ChannelBlocks(const ChannelLayout& layout);

  const ChannelLayout& layout() const { return layout_; }
  std::int64_t width() const { return width_; }
  /// Number of blocks.
  std::int64_t size() const { return runs_ * blocks_per_run_; }
  ChannelBlock operator[](std::int64_t index) const;
  /// Channels that have elements in one block.
  std::int64_t channels_per_block() const { return channels_per_block_; }
  /// Elements that each of these channels has in a block.
  std::int64_t count_per_channel(const ChannelBlock& block) const {
    return block.count / channels_per_block_;
  }
  /// Calls f(column, channel within the block) for every column of a block.
  template <class F>
  void for_columns(const F& f) const {
    for (std::int64_t j = 0; j < width_;) {
      for (std::int64_t c = 0; c < channels_per_block_; ++c) {
        for (const std::int64_t end = j + column_run_; j < end; ++j) f(j, c);
      }
    }
  }

  /// A parameter of each channel as parameters of columns.
  template <class T>
  std::vector<T> expand(const T* per_channel) const {
    std::vector<T> result(static_cast<std::size_t>(width_ * (layout_.channels / channels_per_block_)));
    for (std::int64_t first = 0; first < layout_.channels; first += channels_per_block_) {
      T* columns = result.data() + first * width_;
      for_columns([&](std::int64_t j, std::int64_t c) { columns[j] = per_channel[first + c]; });
    }
    return result;
  }

  /// sums[channel within the block] = sum of its columns.
  template <class T>
  void fold(const T* columns, double* sums) const {
    for (std::int64_t c = 0; c < channels_per_block_; ++c) sums[c] = 0;
    for_columns([&](std::int64_t j, std::int64_t c) { sums[c] += static_cast<double>(columns[j]); });
  }

 private:
  ChannelLayout layout_;
  bool channels_in_row_;
  std::int64_t channels_per_block_;
  std::int64_t width_;
  std::int64_t column_run_;  // neighbouring columns of one channel
  std::int64_t run_;         // elements with the same columns that follow each other
  std::int64_t runs_;
  std::int64_t block_;
  std::int64_t blocks_per_run_;
};

}  // namespace sepal::kernels
