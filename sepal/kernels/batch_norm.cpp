#include "sepal/kernels/batch_norm.h"

#include <algorithm>
#include <limits>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/columns.h"

namespace sepal::kernels {
namespace {

std::size_t length(std::int64_t count) { return static_cast<std::size_t>(count); }

// One double for each channel of each block, in the order of the blocks.
class BlockSums {
 public:
  explicit BlockSums(const ChannelBlocks& blocks)
      : stride_(blocks.channels_per_block()), values_(length(blocks.size() * stride_)) {}
  double* of(const ChannelBlock& block) { return values_.data() + block.index * stride_; }

 private:
  std::int64_t stride_;
  std::vector<double> values_;
};

// Calls body(block) for every block, on all threads.
template <class Body>
void for_blocks(const ChannelBlocks& blocks, const Body& body) {
  if (blocks.size() == 0) return;
  constexpr std::int64_t kGrain = 1 << 14;  // elements worth a thread
  parallel_for(blocks.size(), kGrain / blocks[0].count + 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = begin; b < end; ++b) body(blocks[b]);
  });
}

// Calls add(block, channel within the block, channel) for all blocks of every channel, the
// blocks of one channel in order.
template <class Add>
void join_blocks(const ChannelBlocks& blocks, const Add& add) {
  if (blocks.size() == 0) return;
  constexpr std::int64_t kGrain = 1 << 13;  // additions worth a thread
  const std::int64_t width = blocks.channels_per_block();
  const std::int64_t grain = kGrain / blocks.size() + 1;
  parallel_for(blocks.layout().channels, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t b = 0; b < blocks.size(); ++b) {
      const ChannelBlock block = blocks[b];
      const std::int64_t first = std::max(begin, block.channel);
      const std::int64_t last = std::min(end, block.channel + width);
      for (std::int64_t c = first; c < last; ++c) add(block, c - block.channel, c);
    }
  });
}

template <class T>
void add_blocks(const ChannelBlocks& blocks, BlockSums& sums, T* out) {
  std::vector<double> total(length(blocks.layout().channels));
  join_blocks(blocks, [&](const ChannelBlock& block, std::int64_t i, std::int64_t c) {
    total[length(c)] += sums.of(block)[i];
  });
  std::transform(total.begin(), total.end(), out, [](double sum) { return static_cast<T>(sum); });
}

// The parameters of a map for each column instead of each channel.
template <class T>
class ExpandedMap {
 public:
  ExpandedMap(const ChannelBlocks& blocks, const ChannelMap<T>& map)
      : means_(blocks.expand(map.mean)),
        scales_(blocks.expand(map.scale)),
        shifts_(blocks.expand(map.shift)),
        clamp_(map.clamp) {}

  ColumnMap<T> of(const ChannelBlock& at) const {
    return {means_.data() + at.first_column, scales_.data() + at.first_column,
            shifts_.data() + at.first_column, clamp_};
  }

 private:
  std::vector<T> means_, scales_, shifts_;
  Clamp clamp_;
};

}  // namespace

template <class T>
void channel_sums(const ChannelLayout& layout, const T* x, T* sums) {
  const ChannelBlocks blocks(layout);
  const ColumnKernels<T> kernels = column_kernels<T>();
  BlockSums partial(blocks);
  for_blocks(blocks, [&](const ChannelBlock& block) {
    std::vector<T> columns(length(blocks.width()));
    kernels.sums({x + block.offset, block.count, blocks.width()}, columns.data());
    blocks.fold(columns.data(), partial.of(block));
  });
  add_blocks(blocks, partial, sums);
}

template <class T>
void channel_moments(const ChannelLayout& layout, const T* x, T* mean, T* variance) {
  const ChannelBlocks blocks(layout);
  const ColumnKernels<T> kernels = column_kernels<T>();
  BlockSums means(blocks);
  BlockSums deviations(blocks);
  for_blocks(blocks, [&](const ChannelBlock& at) {
    const ColumnBlock<T> block{x + at.offset, at.count, blocks.width()};
    std::vector<T> columns(length(blocks.width()));
    kernels.sums(block, columns.data());
    blocks.fold(columns.data(), means.of(at));
    const double count = static_cast<double>(blocks.count_per_channel(at));
    std::vector<T> column_means(length(blocks.width()));
    for (std::int64_t c = 0; c < blocks.channels_per_block(); ++c) means.of(at)[c] /= count;
    blocks.for_columns(
        [&](std::int64_t j, std::int64_t c) { column_means[length(j)] = static_cast<T>(means.of(at)[c]); });
    kernels.squared_deviations(block, column_means.data(), columns.data());
    blocks.fold(columns.data(), deviations.of(at));
  });

  struct Moments {
    double count = 0, mean = 0, squares = 0;
  };
  std::vector<Moments> total(length(layout.channels));
  join_blocks(blocks, [&](const ChannelBlock& block, std::int64_t i, std::int64_t c) {
    Moments& all = total[length(c)];
    const double count = static_cast<double>(blocks.count_per_channel(block));
    const double step = means.of(block)[i] - all.mean;
    const double part = count / (all.count + count);
    all.mean += step * part;
    all.squares += deviations.of(block)[i] + step * step * all.count * part;
    all.count += count;
  });
  for (std::int64_t c = 0; c < layout.channels; ++c) {
    const Moments& all = total[length(c)];
    const bool empty = all.count == 0;
    mean[c] = empty ? std::numeric_limits<T>::quiet_NaN() : static_cast<T>(all.mean);
    variance[c] = static_cast<T>(all.squares / all.count);
  }
}

template <class T>
void batch_norm_apply(const ChannelLayout& layout, const T* x, const ChannelMap<T>& map, T* y) {
  const ChannelBlocks blocks(layout);
  const ColumnKernels<T> kernels = column_kernels<T>();
  const ExpandedMap<T> columns(blocks, map);
  for_blocks(blocks, [&](const ChannelBlock& at) {
    kernels.scale({x + at.offset, at.count, blocks.width()}, columns.of(at), y + at.offset);
  });
}

template <class T>
void batch_norm_gradient_sums(const ChannelLayout& layout, const T* x, const T* dy, const ChannelMap<T>& map,
                              T* dy_sums, T* products) {
  const ChannelBlocks blocks(layout);
  const ColumnKernels<T> kernels = column_kernels<T>();
  const ExpandedMap<T> columns(blocks, map);
  BlockSums partial_sums(blocks);
  BlockSums partial_products(blocks);
  for_blocks(blocks, [&](const ChannelBlock& at) {
    std::vector<T> sums(length(blocks.width()));
    std::vector<T> column_products(length(blocks.width()));
    kernels.products({x + at.offset, at.count, blocks.width()}, dy + at.offset, columns.of(at), sums.data(),
                     column_products.data());
    blocks.fold(sums.data(), partial_sums.of(at));
    blocks.fold(column_products.data(), partial_products.of(at));
  });
  add_blocks(blocks, partial_sums, dy_sums);
  add_blocks(blocks, partial_products, products);
}

template <class T>
void batch_norm_input_gradient(const ChannelLayout& layout, const T* x, const T* dy, const ChannelMap<T>& map,
                               const T* inverse_deviation, const T* dy_sums, const T* products, T* dx) {
  // dx = scale (dy - mean(dy) - (x - mean) / deviation^2 * mean(dy (x - mean)))
  const double count = static_cast<double>(layout.count());
  std::vector<T> x_scale(length(layout.channels));
  std::vector<T> shift(length(layout.channels));
  for (std::int64_t c = 0; c < layout.channels; ++c) {
    const double factor = static_cast<double>(map.scale[c]);
    const double inverse = static_cast<double>(inverse_deviation[c]);
    x_scale[length(c)] =
        static_cast<T>(-factor * inverse * inverse * static_cast<double>(products[c]) / count);
    shift[length(c)] = static_cast<T>(-factor * static_cast<double>(dy_sums[c]) / count);
  }
  const ChannelBlocks blocks(layout);
  const ColumnKernels<T> kernels = column_kernels<T>();
  const ExpandedMap<T> columns(blocks, map);
  const std::vector<T> x_scales = blocks.expand(x_scale.data());
  const std::vector<T> shifts = blocks.expand(shift.data());
  for_blocks(blocks, [&](const ChannelBlock& at) {
    const ColumnCombination<T> by{x_scales.data() + at.first_column, shifts.data() + at.first_column};
    kernels.combine({x + at.offset, at.count, blocks.width()}, dy + at.offset, columns.of(at), by,
                    dx + at.offset);
  });
}

template void channel_sums(const ChannelLayout&, const float*, float*);
template void channel_sums(const ChannelLayout&, const double*, double*);
template void channel_moments(const ChannelLayout&, const float*, float*, float*);
template void channel_moments(const ChannelLayout&, const double*, double*, double*);
template void batch_norm_apply(const ChannelLayout&, const float*, const ChannelMap<float>&, float*);
template void batch_norm_apply(const ChannelLayout&, const double*, const ChannelMap<double>&, double*);
template void batch_norm_gradient_sums(const ChannelLayout&, const float*, const float*,
                                       const ChannelMap<float>&, float*, float*);
template void batch_norm_gradient_sums(const ChannelLayout&, const double*, const double*,
                                       const ChannelMap<double>&, double*, double*);
template void batch_norm_input_gradient(const ChannelLayout&, const float*, const float*,
                                        const ChannelMap<float>&, const float*, const float*, const float*,
                                        float*);
template void batch_norm_input_gradient(const ChannelLayout&, const double*, const double*,
                                        const ChannelMap<double>&, const double*, const double*,
                                        const double*, double*);

}  // namespace sepal::kernels
