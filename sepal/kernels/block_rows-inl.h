// Images into blocks of sixteen channels and back. Included once per SIMD target.
#if defined(SEPAL_KERNELS_BLOCK_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_BLOCK_ROWS_INL_H_
#undef SEPAL_KERNELS_BLOCK_ROWS_INL_H_
#else
#define SEPAL_KERNELS_BLOCK_ROWS_INL_H_
#endif

#include <algorithm>

#include "sepal/kernels/image_strides.h"
#include "sepal/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// The first `count` floats (any number), zeros up to sixteen.
HWY_INLINE void copy_block(const float* from, std::int64_t count, float* to) {
  for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
    hn::Store(load_first(count - lane, from + lane), kTag, to + lane);
  }
}

HWY_INLINE void zero_cells(float* to, std::int64_t cells) {
  for (std::int64_t i = 0; i < cells * kLaneBlock; i += kLanes) hn::Store(hn::Zero(kTag), kTag, to + i);
}

/// sums[block] += the sum of `rows` rows of each block. Four sums that do not wait for each other.
inline void add_columns(const float* from, std::int64_t rows, std::int64_t blocks, std::int64_t block,
                        float* sums) {
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
      const float* column = from + b * block + lane;
      FloatVector sum[4] = {hn::Load(kTag, sums + b * kLaneBlock + lane), hn::Zero(kTag), hn::Zero(kTag),
                            hn::Zero(kTag)};
      std::int64_t r = 0;
      for (; r + 4 <= rows; r += 4) {
#pragma GCC unroll 4
        for (int i = 0; i < 4; ++i) sum[i] = hn::Add(sum[i], hn::Load(kTag, column + (r + i) * kLaneBlock));
      }
      for (; r < rows; ++r) sum[0] = hn::Add(sum[0], hn::Load(kTag, column + r * kLaneBlock));
      hn::Store(hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3])), kTag,
                sums + b * kLaneBlock + lane);
    }
  }
}

/// Row r of `to` is column r of `from`; rows lie `from_step` and `to_step` floats apart.
HWY_INLINE void transpose_4x4(const float* from, std::int64_t from_step, float* to, std::int64_t to_step) {
#if HWY_TARGET == HWY_SCALAR
  for (std::int64_t r = 0; r < 4; ++r) {
    for (std::int64_t c = 0; c < 4; ++c) to[r * to_step + c] = from[c * from_step + r];
  }
#else
  const hn::FixedTag<float, 4> d;
  const auto r0 = hn::LoadU(d, from), r1 = hn::LoadU(d, from + from_step);
  const auto r2 = hn::LoadU(d, from + 2 * from_step), r3 = hn::LoadU(d, from + 3 * from_step);
  const auto low01 = hn::InterleaveLower(d, r0, r1), low23 = hn::InterleaveLower(d, r2, r3);
  const auto high01 = hn::InterleaveUpper(d, r0, r1), high23 = hn::InterleaveUpper(d, r2, r3);
  hn::StoreU(hn::ConcatLowerLower(d, low23, low01), d, to);
  hn::StoreU(hn::ConcatUpperUpper(d, low23, low01), d, to + to_step);
  hn::StoreU(hn::ConcatLowerLower(d, high23, high01), d, to + 2 * to_step);
  hn::StoreU(hn::ConcatUpperUpper(d, high23, high01), d, to + 3 * to_step);
#endif
}

/// `count` pixels of an image tensor of `channels` channels, each repeated `repeat` times, into blocks.
/// Neighbouring pixels are `pixel` floats apart, neighbouring channels `channel`.
struct PackPixels {
  std::int64_t count, channels, repeat, pixel, channel, block;
};

// Packing is where an image first comes out of main memory. Asking a page ahead keeps the loads from waiting
// where the hardware's own prefetch stops, at the end of each page.
constexpr std::int64_t kPrefetchFloats = 1024;

/// Neighbouring channels, each repeated: a vector of the result takes its lanes from one of the source.
inline void pack_repeated(const PackPixels& p, const float* from, float* to) {
  const std::int64_t wide = p.channels * p.repeat;
  for (std::int64_t k = 0; k < blocks_of(wide) * kLaneBlock; k += kLanes) {
    const std::int64_t first = k / p.repeat;
    alignas(64) std::int32_t lanes[kLaneBlock];
    for (std::int64_t i = 0; i < kLanes; ++i)
      lanes[i] = static_cast<std::int32_t>((k + i) / p.repeat - first);
    const auto table = hn::SetTableIndices(kTag, lanes);
    const auto used =
        hn::FirstN(kTag, static_cast<std::size_t>(std::clamp<std::int64_t>(wide - k, 0, kLanes)));
    const std::int64_t count = std::clamp<std::int64_t>(p.channels - first, 0, lanes[kLanes - 1] + 1);
    float* column = to + k / kLaneBlock * p.block + k % kLaneBlock;
    for (std::int64_t i = 0; i < p.count; ++i) {
      const FloatVector source = load_first(count, from + i * p.pixel + first);
      const FloatVector repeated = hn::TableLookupLanes(source, table);
      hn::Store(hn::IfThenElseZero(used, repeated), kTag, column + i * kLaneBlock);
    }
  }
}

inline void pack_pixels(const PackPixels& p, const float* from, float* to) {
  const std::int64_t wide = p.channels * p.repeat;
  if (p.channel == 1 && p.repeat == 1) {
    const std::int64_t whole = wide / kLaneBlock;
    for (std::int64_t i = 0; i < p.count; ++i) {
      const float* cell = from + i * p.pixel;
      float* target = to + i * kLaneBlock;
      for (std::int64_t block = 0; block < whole; ++block) {
        hwy::Prefetch(cell + block * kLaneBlock + kPrefetchFloats);
        copy_block(cell + block * kLaneBlock, kLaneBlock, target + block * p.block);
      }
      if (whole * kLaneBlock < wide) {
        copy_block(cell + whole * kLaneBlock, wide - whole * kLaneBlock, target + whole * p.block);
      }
    }
    return;
  }
  if (p.channel == 1) return pack_repeated(p, from, to);
  const std::int64_t padded = blocks_of(wide) * kLaneBlock;
  const bool planes = p.pixel == 1 && p.repeat == 1;
  std::int64_t k = 0;
  for (; planes && k + 4 <= wide; k += 4) {
    const float* source = from + k * p.channel;
    float* column = to + k / kLaneBlock * p.block + k % kLaneBlock;
    std::int64_t i = 0;
    for (; i + 4 <= p.count; i += 4) {
      transpose_4x4(source + i, p.channel, column + i * kLaneBlock, kLaneBlock);
    }
    for (; i < p.count; ++i) {
      for (std::int64_t j = 0; j < 4; ++j) column[i * kLaneBlock + j] = source[i + j * p.channel];
    }
  }
  for (; k < padded; ++k) {
    float* column = to + k / kLaneBlock * p.block + k % kLaneBlock;
    if (k >= wide) {
      for (std::int64_t i = 0; i < p.count; ++i) column[i * kLaneBlock] = 0.0F;
    } else {
      const float* source = from + k / p.repeat * p.channel;
      for (std::int64_t i = 0; i < p.count; ++i) column[i * kLaneBlock] = source[i * p.pixel];
    }
  }
}

/// The way back: channel c gets the sum of its `repeat` packed channels.
inline void unpack_pixels(const PackPixels& p, const float* from, float* to) {
  const bool planes = p.pixel == 1 && p.repeat == 1;
  const std::int64_t whole = planes ? p.count / 4 * 4 : 0;
  for (std::int64_t c = 0; c + 4 <= p.channels; c += 4) {
    const float* column = from + c / kLaneBlock * p.block + c % kLaneBlock;
    for (std::int64_t i = 0; i < whole; i += 4) {
      transpose_4x4(column + i * kLaneBlock, kLaneBlock, to + c * p.channel + i, p.channel);
    }
  }
  for (std::int64_t c = 0; c < p.channels; ++c) {
    const std::int64_t done = c < p.channels / 4 * 4 ? whole : 0;
    for (std::int64_t i = done; i < p.count; ++i) {
      float sum = 0;
      for (std::int64_t k = c * p.repeat; k < (c + 1) * p.repeat; ++k) {
        sum += from[k / kLaneBlock * p.block + i * kLaneBlock + k % kLaneBlock];
      }
      to[i * p.pixel + c * p.channel] = sum;
    }
  }
}

/// The input rows of a strip with the zero cells beside them.
inline void pack_input(const StripPlan& plan, const Strip& s, const ImageStrides& at, const float* x,
                       float* to, std::int64_t begin_block = 0) {
  const Window2D& g = plan.g;
  const std::int64_t skipped = begin_block * kLaneBlock;
  const std::int64_t first = plan.first_in_row(s);
  const std::int64_t rows = (s.rows - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
  const std::int64_t columns = std::clamp<std::int64_t>(plan.in_w - g.pad_left, 0, g.in_w);
  const std::int64_t right = plan.in_w - g.pad_left - columns;
  const PackPixels pixels{columns, g.in_c - skipped, g.depth_multiplier, at.w, at.c, plan.in_block};
  for (std::int64_t i = 0; i < s.images; ++i) {
    for (std::int64_t r = 0; r < rows; ++r) {
      const std::int64_t h = first + r;
      float* row = to + (i * plan.in_rows + r) * plan.in_w * kLaneBlock;
      const bool inside = h >= 0 && h < g.in_h;
      for (std::int64_t block = 0; block < plan.blocks - begin_block; ++block) {
        float* cells = row + block * plan.in_block;
        zero_cells(cells, inside ? g.pad_left : plan.in_w);
        if (inside) zero_cells(cells + (g.pad_left + columns) * kLaneBlock, right);
      }
      if (!inside) continue;
      pack_pixels(pixels, x + at.at(s.image + i, h, 0, skipped), row + g.pad_left * kLaneBlock);
    }
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
