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

constexpr bool kHasQuads = kLanes >= 4;

#if HWY_TARGET != HWY_SCALAR
/// Four floats each from `from`, `from` + step, …: one quad for each 128 bits of the vector.
template <class D>
HWY_INLINE hn::Vec<D> load_quads(D d, const float* from, std::int64_t step) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    return hn::LoadU(d, from);
  } else {
    const hn::Half<D> half;
    constexpr std::int64_t kQuads = hn::MaxLanes(half) / 4;
    return hn::Combine(d, load_quads(half, from + kQuads * step, step), load_quads(half, from, step));
  }
}

/// The way back.
template <class D>
HWY_INLINE void store_quads(D d, hn::Vec<D> v, float* to, std::int64_t step) {
  if constexpr (hn::MaxLanes(D()) <= 4) {
    hn::StoreU(v, d, to);
  } else {
    const hn::Half<D> half;
    constexpr std::int64_t kQuads = hn::MaxLanes(half) / 4;
    store_quads(half, hn::LowerHalf(half, v), to, step);
    store_quads(half, hn::UpperHalf(half, v), to + kQuads * step, step);
  }
}

/// Transposes the 4 x 4 matrix that each 128 bits of four vectors hold.
HWY_INLINE void transpose_quads(FloatVector (&v)[4]) {
  const hn::Repartition<double, FloatTag> wide;
  const auto pairs = [&](FloatVector a) { return hn::BitCast(wide, a); };
  const auto low01 = pairs(hn::InterleaveLower(kTag, v[0], v[1]));
  const auto low23 = pairs(hn::InterleaveLower(kTag, v[2], v[3]));
  const auto high01 = pairs(hn::InterleaveUpper(kTag, v[0], v[1]));
  const auto high23 = pairs(hn::InterleaveUpper(kTag, v[2], v[3]));
  v[0] = hn::BitCast(kTag, hn::InterleaveLower(wide, low01, low23));
  v[1] = hn::BitCast(kTag, hn::InterleaveUpper(wide, low01, low23));
  v[2] = hn::BitCast(kTag, hn::InterleaveLower(wide, high01, high23));
  v[3] = hn::BitCast(kTag, hn::InterleaveUpper(wide, high01, high23));
}
#endif

/// Four pixels of kLanes planes into one vector for each pixel, sixteen floats apart.
HWY_INLINE void pack_quads(const float* from, std::int64_t plane, float* to) {
#if HWY_TARGET != HWY_SCALAR
  FloatVector v[4];
  for (int j = 0; j < 4; ++j) v[j] = load_quads(kTag, from + j * plane, 4 * plane);
  transpose_quads(v);
  for (int j = 0; j < 4; ++j) hn::Store(v[j], kTag, to + j * kLaneBlock);
#else
  (void)from, (void)plane, (void)to;
#endif
}

/// The way back.
HWY_INLINE void unpack_quads(const float* from, std::int64_t plane, float* to) {
#if HWY_TARGET != HWY_SCALAR
  FloatVector v[4];
  for (int j = 0; j < 4; ++j) v[j] = hn::Load(kTag, from + j * kLaneBlock);
  transpose_quads(v);
  for (int j = 0; j < 4; ++j) store_quads(kTag, v[j], to + j * plane, 4 * plane);
#else
  (void)from, (void)plane, (void)to;
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
  const bool planes = kHasQuads && p.pixel == 1 && p.repeat == 1;
  std::int64_t k = 0;
  for (; planes && k + kLanes <= wide; k += kLanes) {
    const float* source = from + k * p.channel;
    float* column = to + k / kLaneBlock * p.block + k % kLaneBlock;
    std::int64_t i = 0;
    for (; i + 4 <= p.count; i += 4) pack_quads(source + i, p.channel, column + i * kLaneBlock);
    for (; i < p.count; ++i) {
      for (std::int64_t j = 0; j < kLanes; ++j) column[i * kLaneBlock + j] = source[i + j * p.channel];
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
  const bool planes = kHasQuads && p.pixel == 1 && p.repeat == 1;
  const std::int64_t whole = planes ? p.count / 4 * 4 : 0;
  for (std::int64_t c = 0; c + kLanes <= p.channels; c += kLanes) {
    const float* column = from + c / kLaneBlock * p.block + c % kLaneBlock;
    for (std::int64_t i = 0; i < whole; i += 4) {
      unpack_quads(column + i * kLaneBlock, p.channel, to + c * p.channel + i);
    }
  }
  for (std::int64_t c = 0; c < p.channels; ++c) {
    const std::int64_t done = c < p.channels / kLanes * kLanes ? whole : 0;
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
  const std::int64_t first = plan.first_in_row(s);
  const std::int64_t rows = (s.rows - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
  const std::int64_t left = std::max<std::int64_t>(g.pad_left, 0), skipped = left - g.pad_left;
  const std::int64_t columns = std::clamp<std::int64_t>(plan.in_w - left, 0, g.in_w - skipped);
  const std::int64_t right = plan.in_w - left - columns;
  const std::int64_t blocks = plan.blocks - begin_block;
  // Planes lie far apart: sixteen of them at a time, all their rows, are streams that the hardware follows.
  const bool planes = at.c != 1 && g.depth_multiplier == 1;
  const std::int64_t step = planes ? 1 : blocks;
  for (std::int64_t block = 0; block < blocks; block += step) {
    const std::int64_t channel = (begin_block + block) * kLaneBlock;
    const std::int64_t channels = planes ? std::min(kLaneBlock, g.in_c - channel) : g.in_c - channel;
    const PackPixels pixels{columns, channels, g.depth_multiplier, at.w, at.c, plan.in_block};
    for (std::int64_t i = 0; i < s.images; ++i) {
      for (std::int64_t r = 0; r < rows; ++r) {
        const std::int64_t h = first + r;
        float* row = to + block * plan.in_block + (i * plan.in_rows + r) * plan.in_w * kLaneBlock;
        const bool inside = h >= 0 && h < g.in_h;
        for (std::int64_t j = 0; j < step; ++j) {
          float* cells = row + j * plan.in_block;
          zero_cells(cells, inside ? left : plan.in_w);
          if (inside) zero_cells(cells + (left + columns) * kLaneBlock, right);
        }
        if (!inside) continue;
        pack_pixels(pixels, x + at.at(s.image + i, h, skipped, channel), row + left * kLaneBlock);
      }
    }
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
