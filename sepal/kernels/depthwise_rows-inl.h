// The depthwise step on packed rows, forwards and backwards, and the packing itself. Included once per SIMD
// target.
#if defined(SEPAL_KERNELS_DEPTHWISE_ROWS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_DEPTHWISE_ROWS_INL_H_
#undef SEPAL_KERNELS_DEPTHWISE_ROWS_INL_H_
#else
#define SEPAL_KERNELS_DEPTHWISE_ROWS_INL_H_
#endif

#include "sepal/kernels/blocked_product-inl.h"
#include "sepal/kernels/image_strides.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// out[column] = bias + sum over taps of in[column] * weight, for 16 channels at a time.
struct TapSum {
  const Tap* taps;
  std::int64_t count, run;
  const float* in;
  std::int64_t in_step;
  const float* weights;
  const float* bias;  // 16 floats or null
  float* out;
  std::int64_t out_step;
};

// Eight columns at once: a fused multiply-add takes four cycles and two start in each, so eight sums that do
// not wait for each other keep the multipliers busy, and each weight is loaded once for eight.
constexpr int kTapColumns = 8;

/// One column group. With unit step, kRun taps in a row share their inputs: 8 columns of a run of 3 take 10
/// loads of input for 24 multiply-adds.
template <int kColumns, int kRun, bool kUnitStep>
HWY_NOINLINE void tap_sum_columns(const TapSum& s, std::int64_t column) {
  static_assert(kUnitStep || kRun == 1);
  const std::int64_t in_step = kUnitStep ? kLaneBlock : s.in_step;
  for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
    FloatVector acc[kColumns];
    const FloatVector start = s.bias != nullptr ? hn::Load(kTag, s.bias + lane) : hn::Zero(kTag);
#pragma GCC unroll 16
    for (int c = 0; c < kColumns; ++c) acc[c] = start;
    const float* in = s.in + column * in_step + lane;
    for (const Tap* tap = s.taps; tap != s.taps + s.count; tap += kRun) {
      FloatVector weight[kRun];
#pragma GCC unroll 16
      for (int j = 0; j < kRun; ++j) weight[j] = hn::Load(kTag, s.weights + tap[j].weight + lane);
      const float* from = in + tap->in;
#pragma GCC unroll 16
      for (int i = 0; i < kColumns + kRun - 1; ++i) {
        const FloatVector x = hn::Load(kTag, from + i * in_step);
#pragma GCC unroll 16
        for (int j = 0; j < kRun; ++j) {
          if (i >= j && i - j < kColumns) acc[i - j] = hn::MulAdd(weight[j], x, acc[i - j]);
        }
      }
    }
    float* out = s.out + column * s.out_step + lane;
#pragma GCC unroll 16
    for (int c = 0; c < kColumns; ++c) hn::StoreU(acc[c], kTag, out + c * s.out_step);
  }
}

template <int kColumns, int kRun, bool kUnitStep>
HWY_INLINE void tap_sum_group(const TapSum& s, std::int64_t column, std::int64_t columns) {
  if constexpr (kColumns > 1) {
    if (columns < kColumns) return tap_sum_group<kColumns - 1, kRun, kUnitStep>(s, column, columns);
  }
  tap_sum_columns<kColumns, kRun, kUnitStep>(s, column);
}

/// Columns in groups of nearly equal size: 28 as 4 x 7 and not 3 x 8 + 4.
template <int kRun, bool kUnitStep>
void tap_sum_row(const TapSum& s, std::int64_t columns) {
  const std::int64_t groups = (columns + kTapColumns - 1) / kTapColumns;
  for (std::int64_t i = 0; i < groups; ++i) {
    const std::int64_t begin = columns * i / groups, end = columns * (i + 1) / groups;
    tap_sum_group<kTapColumns, kRun, kUnitStep>(s, begin, end - begin);
  }
}

inline void tap_sum(const TapSum& s, std::int64_t columns) {
  if (s.in_step != kLaneBlock) return tap_sum_row<1, false>(s, columns);
  switch (s.run) {
    case 2:
      return tap_sum_row<2, true>(s, columns);
    case 3:
      return tap_sum_row<3, true>(s, columns);
    case 5:
      return tap_sum_row<5, true>(s, columns);
    default:
      return tap_sum_row<1, true>(s, columns);
  }
}

/// All rows of a list, block by block (the rows of one block fit into L1 and are used by several outputs).
/// in: [block][in_block floats], weights: [block][weight_block], out: [block][out_block].
struct TapRun {
  const TapList& list;
  std::int64_t begin_block, end_block;
  const float* in;
  std::int64_t in_block, in_step;
  const float* weights;
  std::int64_t weight_block;
  const float* bias;  // [block][16] or null
  float* out;
  std::int64_t out_block, out_step;
};

inline void run_taps(const TapRun& r) {
  for (std::int64_t block = r.begin_block; block < r.end_block; ++block) {
    for (const TapRow& row : r.list.rows) {
      const TapSum sum{.taps = r.list.taps.data() + row.first,
                       .count = row.taps,
                       .run = row.run,
                       .in = r.in + block * r.in_block,
                       .in_step = r.in_step,
                       .weights = r.weights + block * r.weight_block,
                       .bias = r.bias != nullptr ? r.bias + block * kLaneBlock : nullptr,
                       .out = r.out + (block - r.begin_block) * r.out_block + row.out,
                       .out_step = r.out_step};
      tap_sum(sum, row.columns);
    }
  }
}

/// weights[tap] += sum over columns of in[tap][column] * gradient[column]: kTaps sums in registers.
template <int kTaps>
HWY_NOINLINE void correlate(const Tap* taps, std::int64_t count, const float* in, std::int64_t in_step,
                            const float* gradient, std::int64_t columns, float* weights) {
  if constexpr (kTaps > 1) {
    if (count < kTaps) {
      return correlate<kTaps - 1>(taps, count, in, in_step, gradient, columns, weights);
    }
  }
  for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
    FloatVector acc[kTaps];
    const float* from[kTaps];
#pragma GCC unroll 9
    for (int t = 0; t < kTaps; ++t) {
      acc[t] = hn::Load(kTag, weights + taps[t].weight + lane);
      from[t] = in + taps[t].in + lane;
    }
    for (std::int64_t c = 0; c < columns; ++c) {
      const FloatVector g = hn::Load(kTag, gradient + c * kLaneBlock + lane);
#pragma GCC unroll 9
      for (int t = 0; t < kTaps; ++t) {
        acc[t] = hn::MulAdd(g, hn::Load(kTag, from[t] + c * in_step), acc[t]);
      }
    }
#pragma GCC unroll 9
    for (int t = 0; t < kTaps; ++t) hn::Store(acc[t], kTag, weights + taps[t].weight + lane);
  }
}

// A 3x3 kernel in one go: nine sums, nine input pointers and the counters fit into sixteen registers each.
constexpr std::int64_t kCorrelateTaps = 9;

/// weights: [block][taps][16], added to. `list` is that of the forward step; row i of it has its gradient at
/// gradient + block * gradient_block + offsets[i].
inline void run_correlation(const TapList& list, const std::vector<std::int64_t>& offsets,
                            const StripPlan& plan, const float* in, const float* gradient, float* weights) {
  for (std::int64_t block = 0; block < plan.blocks; ++block) {
    for (std::size_t i = 0; i < list.rows.size(); ++i) {
      const TapRow& row = list.rows[i];
      for (std::int64_t t = 0; t < row.taps; t += kCorrelateTaps) {
        correlate<kCorrelateTaps>(list.taps.data() + row.first + t, std::min(kCorrelateTaps, row.taps - t),
                                  in + block * plan.in_block, plan.g.stride_w * kLaneBlock,
                                  gradient + block * plan.ring_block + offsets[i], row.columns,
                                  weights + block * plan.taps * kLaneBlock);
      }
    }
  }
}

/// The first `count` floats (any number), zeros up to sixteen.
HWY_INLINE void copy_block(const float* from, std::int64_t count, float* to) {
  for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
    hn::Store(load_first(count - lane, from + lane), kTag, to + lane);
  }
}

HWY_INLINE void zero_cells(float* to, std::int64_t cells) {
  for (std::int64_t i = 0; i < cells * kLaneBlock; i += kLanes) hn::Store(hn::Zero(kTag), kTag, to + i);
}

/// sums[block] += the sum of `rows` rows of each block.
inline void add_columns(const float* from, std::int64_t rows, std::int64_t blocks, std::int64_t block,
                        float* sums) {
  for (std::int64_t b = 0; b < blocks; ++b) {
    for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
      FloatVector sum = hn::Load(kTag, sums + b * kLaneBlock + lane);
      for (std::int64_t r = 0; r < rows; ++r) {
        sum = hn::Add(sum, hn::Load(kTag, from + b * block + r * kLaneBlock + lane));
      }
      hn::Store(sum, kTag, sums + b * kLaneBlock + lane);
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
      if (h < 0 || h >= g.in_h) continue;
      float* row = to + (i * plan.in_rows + r) * plan.in_w * kLaneBlock;
      for (std::int64_t block = 0; block < plan.blocks - begin_block; ++block) {
        zero_cells(row + block * plan.in_block, g.pad_left);
        zero_cells(row + block * plan.in_block + (g.pad_left + columns) * kLaneBlock, right);
      }
      pack_pixels(pixels, x + at.at(s.image + i, h, 0, skipped), row + g.pad_left * kLaneBlock);
    }
  }
}

/// The rows of dx that the strip completes, from the gradient in the ring. `scratch` holds
/// input_gradient_scratch(plan) floats.
inline void run_input_gradient(const StripPlan& plan, const Strip& s, const ImageStrides& at,
                               const float* ring, const float* weights, TapList& list, float* scratch,
                               float* dx) {
  const Window2D& g = plan.g;
  const std::int64_t begin = plan.dx_begin(s), rows = plan.dx_end(s) - begin;
  if (rows <= 0) return;
  // Whole blocks of channels that lie as in dx are written in place.
  const bool in_place = at.c == 1 && g.depth_multiplier == 1;
  const std::int64_t direct = in_place ? g.in_c / kLaneBlock : 0;
  TapRun run{.list = list,
             .begin_block = 0,
             .end_block = direct,
             .in = ring,
             .in_block = plan.ring_block,
             .in_step = kLaneBlock,
             .weights = weights,
             .weight_block = plan.taps * kLaneBlock,
             .bias = nullptr,
             .out = dx + at.at(s.image, 0, 0, 0),
             .out_block = kLaneBlock,
             .out_step = g.stride_w * at.w};
  if (direct > 0) {
    plan.backward_taps(s, at.w, at.h, at.n, 0, list);
    run_taps(run);
  }
  if (direct == plan.blocks) return;
  const std::int64_t row_floats = g.in_w * kLaneBlock;
  const std::int64_t block = plan.images * plan.most_dx_rows * row_floats;
  plan.backward_taps(s, kLaneBlock, row_floats, rows * row_floats, begin, list);
  run.begin_block = direct;
  run.end_block = plan.blocks;
  run.out = scratch;
  run.out_block = block;
  run.out_step = g.stride_w * kLaneBlock;
  run_taps(run);
  const std::int64_t done = direct * kLaneBlock;
  const PackPixels pixels{g.in_w, g.in_c - done, g.depth_multiplier, at.w, at.c, block};
  for (std::int64_t i = 0; i < s.images; ++i) {
    for (std::int64_t r = 0; r < rows; ++r) {
      unpack_pixels(pixels, scratch + (i * rows + r) * row_floats,
                    dx + at.at(s.image + i, begin + r, 0, done));
    }
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
