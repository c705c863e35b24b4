#include "sepal/kernels/depthwise_rows.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/scratch.h"
#include "sepal/kernels/strip_plan.h"
#include "sepal/kernels/thread_buffer.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/depthwise_rows.cpp"
#include "hwy/foreach_target.h"  // IWYU pragma: keep
#include "sepal/kernels/vectors-inl.h"

#ifndef SEPAL_KERNELS_DEPTHWISE_ROWS_ONCE
#define SEPAL_KERNELS_DEPTHWISE_ROWS_ONCE
namespace sepal::kernels {
namespace {

/// Rows of a source image with the zeros on their left and right, the same number for every row, and the
/// rows of zeros above and below.
class PaddedRows {
 public:
  /// Rows for the output rows [begin, begin + count) of `g`, in `memory` of floats_for(g, count) floats.
  PaddedRows(const Window2D& g, const float* image, std::int64_t begin, std::int64_t count, float* memory)
      : g_(g), length_(length_of(g)), memory_(memory) {
    const std::int64_t left = g.pad_left * g.in_c, width = g.in_w * g.in_c;
    for (std::int64_t i = 0; i < rows_for(g, count); ++i) {
      const std::int64_t row = begin - g.pad_top + i;
      float* to = memory + i * length_;
      if (row < 0 || row >= g.in_h) {
        std::fill_n(to, length_, 0.0F);
        continue;
      }
      std::fill_n(to, left, 0.0F);
      std::copy_n(image + row * width, width, to + left);
      std::fill(to + left + width, to + length_, 0.0F);
    }
  }

  static std::int64_t floats_for(const Window2D& g, std::int64_t count) {
    return rows_for(g, count) * length_of(g);
  }

  /// Where the floats lie that tap (u, v) of the window multiplies, for the `i`-th output row.
  const float* tap(std::int64_t i, std::int64_t u, std::int64_t v) const {
    return memory_ + (i + u * g_.dilation_h) * length_ + v * g_.dilation_w * g_.in_c;
  }

 private:
  // Vectors may read up to a block behind the last float that counts.
  static std::int64_t length_of(const Window2D& g) {
    return (g.out_w + (g.kernel_w - 1) * g.dilation_w) * g.in_c + kLaneBlock;
  }
  static std::int64_t rows_for(const Window2D& g, std::int64_t count) {
    return count + (g.kernel_h - 1) * g.dilation_h;
  }

  const Window2D& g_;
  std::int64_t length_;
  float* memory_;
};

/// The rows of an image that one part takes.
struct RowRange {
  std::int64_t image, begin, count;
};

/// For one output row: taps [0, taps) as places of floats, and their weights, 16 lanes each.
struct RowSum {
  const float* const* taps;
  std::int64_t count;
  const float* weights;
  const float* bias;  // 16 lanes or null
  Clamp clamp;
  std::int64_t floats;
  float* out;
};

}  // namespace
}  // namespace sepal::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// Vectors [j, j + kVectors) of the row; the last is stored up to the end of the row.
template <int kVectors>
HWY_INLINE void sum_taps(const RowSum& row, std::int64_t j) {
  FloatVector sum[kVectors];
  for (int k = 0; k < kVectors; ++k) {
    sum[k] = row.bias == nullptr ? hn::Zero(kTag) : hn::Load(kTag, row.bias + (j + k) * kLanes % kLaneBlock);
  }
  for (std::int64_t t = 0; t < row.count; ++t) {
    const float* from = row.taps[t] + j * kLanes;
    const float* weights = row.weights + t * kLaneBlock;
    HWY_UNROLL(8)
    for (int k = 0; k < kVectors; ++k) {
      const FloatVector weight = hn::Load(kTag, weights + (j + k) * kLanes % kLaneBlock);
      sum[k] = hn::MulAdd(weight, hn::LoadU(kTag, from + k * kLanes), sum[k]);
    }
  }
  if (row.clamp.active()) {
    const FloatVector lower = hn::Set(kTag, row.clamp.lower), upper = hn::Set(kTag, row.clamp.upper);
    for (int k = 0; k < kVectors; ++k) {
      // Comparisons that a NaN fails leave it as it is.
      sum[k] = hn::IfThenElse(hn::Lt(sum[k], lower), lower, sum[k]);
      sum[k] = hn::IfThenElse(hn::Gt(sum[k], upper), upper, sum[k]);
    }
  }
  for (int k = 0; k < kVectors; ++k) {
    store_first(sum[k], row.floats - (j + k) * kLanes, row.out + (j + k) * kLanes);
  }
}

/// Eight independent sums hide the four cycles of a multiply-add.
void sum_row(const RowSum& row) {
  constexpr int kVectors = 8;
  const std::int64_t vectors = ceil_divide(row.floats, kLanes);
  std::int64_t j = 0;
  for (; j + kVectors <= vectors; j += kVectors) sum_taps<kVectors>(row, j);
  for (; j < vectors; ++j) sum_taps<1>(row, j);
}

/// sums[t][lane] += sum over the row of dy * tap t, where a float's lane is its place modulo 16.
template <int kTaps>
HWY_INLINE void correlate_taps_of_row(const float* dy, std::int64_t floats, const float* const* taps,
                                      float* sums) {
  constexpr int kPhases = static_cast<int>(kLaneBlock / kLanes);
  for (int phase = 0; phase < kPhases; ++phase) {
    FloatVector sum[kTaps];
    for (int t = 0; t < kTaps; ++t) sum[t] = hn::Load(kTag, sums + t * kLaneBlock + phase * kLanes);
    for (std::int64_t i = phase * kLanes; i < floats; i += kLaneBlock) {
      const FloatVector gradient = load_first(floats - i, dy + i);
      HWY_UNROLL(9)
      for (int t = 0; t < kTaps; ++t) sum[t] = hn::MulAdd(gradient, hn::LoadU(kTag, taps[t] + i), sum[t]);
    }
    for (int t = 0; t < kTaps; ++t) hn::Store(sum[t], kTag, sums + t * kLaneBlock + phase * kLanes);
  }
}

void correlate_row(const float* dy, std::int64_t floats, const float* const* taps, std::int64_t count,
                   float* sums) {
  std::int64_t t = 0;
  for (; t + 9 <= count; t += 9) correlate_taps_of_row<9>(dy, floats, taps + t, sums + t * kLaneBlock);
  for (; t + 3 <= count; t += 3) correlate_taps_of_row<3>(dy, floats, taps + t, sums + t * kLaneBlock);
  for (; t < count; ++t) correlate_taps_of_row<1>(dy, floats, taps + t, sums + t * kLaneBlock);
}

void add_row(const float* row, std::int64_t floats, float* sums) {
  for (std::int64_t i = 0; i < floats; i += kLanes) {
    float* to = sums + i % kLaneBlock;
    hn::Store(hn::Add(hn::Load(kTag, to), load_first(floats - i, row + i)), kTag, to);
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace sepal::kernels {
namespace {

HWY_EXPORT(sum_row);
HWY_EXPORT(correlate_row);
HWY_EXPORT(add_row);

/// Output rows of each part, so that its padded source rows stay in L1 or close: 32 KiB.
std::int64_t rows_of_part(const Window2D& g) {
  constexpr std::int64_t kPartFloats = 8192;
  return std::clamp<std::int64_t>(kPartFloats / std::max<std::int64_t>(g.out_w * g.in_c, 1), 1, g.out_h);
}

RowRange range_of(const Window2D& g, std::int64_t part) {
  const std::int64_t rows = rows_of_part(g), parts = ceil_divide(g.out_h, rows);
  const std::int64_t begin = part % parts * rows;
  return {part / parts, begin, std::min(rows, g.out_h - begin)};
}

std::int64_t parts_of(const Window2D& g) { return g.batch * ceil_divide(g.out_h, rows_of_part(g)); }

/// Room for the weights of `taps`; callers of this file may hold both kinds of thread_scratch.
float* spread_memory(std::int64_t taps) {
  thread_local ThreadBuffer memory;
  return memory.reserve<float>(taps * kLaneBlock);
}

/// Weights [tap][channel], `stride` floats from tap to tap, for all 16 lanes of a block.
void spread_lanes(std::int64_t taps, std::int64_t channels, const float* from, std::int64_t stride,
                  float* to) {
  for (std::int64_t t = 0; t < taps; ++t) {
    for (std::int64_t lane = 0; lane < kLaneBlock; ++lane) {
      to[t * kLaneBlock + lane] = from[t * stride + lane % channels];
    }
  }
}

/// The convolution of `x` by weights of 16 lanes.
void convolve_rows(const Window2D& g, const float* x, const float* weights, const float* bias,
                   const Clamp& clamp, float* y) {
  const std::int64_t floats = g.out_w * g.in_c, taps = g.kernel_h * g.kernel_w;
  parallel_parts(parts_of(g), [&](std::int64_t part) {
    const RowRange range = range_of(g, part);
    float* memory = thread_scratch(ScratchUse::part, PaddedRows::floats_for(g, range.count));
    const PaddedRows rows(g, x + range.image * g.in_h * g.in_w * g.in_c, range.begin, range.count, memory);
    std::vector<const float*> places(static_cast<std::size_t>(taps));
    for (std::int64_t i = 0; i < range.count; ++i) {
      for (std::int64_t t = 0; t < taps; ++t) {
        places[static_cast<std::size_t>(t)] = rows.tap(i, t / g.kernel_w, t % g.kernel_w);
      }
      HWY_DYNAMIC_DISPATCH(sum_row)
      ({.taps = places.data(),
        .count = taps,
        .weights = weights,
        .bias = bias,
        .clamp = clamp,
        .floats = floats,
        .out = y + ((range.image * g.out_h + range.begin + i) * floats)});
    }
  });
}

/// The convolution of dy that gives dx: its kernel is the forward one, turned around.
Window2D turned(const Window2D& g) {
  Window2D t = g;
  std::swap(t.in_h, t.out_h);
  std::swap(t.in_w, t.out_w);
  t.pad_top = (g.kernel_h - 1) * g.dilation_h - g.pad_top;
  t.pad_left = (g.kernel_w - 1) * g.dilation_w - g.pad_left;
  return t;
}

/// total[t][channel] = sum over parts and over the lanes of the channel.
void fold_lanes(std::int64_t parts, std::int64_t part_floats, std::int64_t taps, std::int64_t channels,
                const float* sums, float* total) {
  for (std::int64_t t = 0; t < taps; ++t) {
    for (std::int64_t c = 0; c < channels; ++c) {
      double sum = 0;
      for (std::int64_t part = 0; part < parts; ++part) {
        const float* lanes = sums + part * part_floats + t * kLaneBlock;
        for (std::int64_t lane = c; lane < kLaneBlock; lane += channels)
          sum += static_cast<double>(lanes[lane]);
      }
      total[t * channels + c] = static_cast<float>(sum);
    }
  }
}

void gather_kernel_gradients(const Window2D& g, const DepthwiseBackward<float>& a) {
  const std::int64_t floats = g.out_w * g.in_c, taps = g.kernel_h * g.kernel_w;
  // The last 16 floats are those of the bias.
  const std::int64_t part_floats = (taps + 1) * kLaneBlock, parts = parts_of(g);
  float* sums = thread_scratch(ScratchUse::shared, part_floats * parts);
  parallel_parts(parts, [&](std::int64_t part) {
    const RowRange range = range_of(g, part);
    float* own = sums + part * part_floats;
    std::fill_n(own, part_floats, 0.0F);
    const float* dy = a.dy + (range.image * g.out_h + range.begin) * floats;
    if (a.dbias != nullptr) {
      for (std::int64_t i = 0; i < range.count; ++i) {
        HWY_DYNAMIC_DISPATCH(add_row)(dy + i * floats, floats, own + taps * kLaneBlock);
      }
    }
    if (a.dkernel == nullptr) return;
    float* memory = thread_scratch(ScratchUse::part, PaddedRows::floats_for(g, range.count));
    const PaddedRows rows(g, a.x + range.image * g.in_h * g.in_w * g.in_c, range.begin, range.count, memory);
    std::vector<const float*> places(static_cast<std::size_t>(taps));
    for (std::int64_t i = 0; i < range.count; ++i) {
      for (std::int64_t t = 0; t < taps; ++t) {
        places[static_cast<std::size_t>(t)] = rows.tap(i, t / g.kernel_w, t % g.kernel_w);
      }
      HWY_DYNAMIC_DISPATCH(correlate_row)(dy + i * floats, floats, places.data(), taps, own);
    }
  });
  if (a.dkernel != nullptr) fold_lanes(parts, part_floats, taps, g.in_c, sums, a.dkernel);
  if (a.dbias != nullptr) fold_lanes(parts, part_floats, 1, g.in_c, sums + taps * kLaneBlock, a.dbias);
}

}  // namespace

bool fits_depthwise_rows(const Window2D& g) {
  const std::int64_t reach_h = (g.kernel_h - 1) * g.dilation_h, reach_w = (g.kernel_w - 1) * g.dilation_w;
  // Every input cell lies under a window, and no window outside of the image altogether.
  const bool is_plain = g.pad_top <= reach_h && g.pad_left <= reach_w &&
                        g.in_h + g.pad_top <= g.out_h + reach_h && g.in_w + g.pad_left <= g.out_w + reach_w;
  return !g.channels_first && g.depth_multiplier == 1 && g.stride_h == 1 && g.stride_w == 1 && g.in_c <= 8 &&
         kLaneBlock % g.in_c == 0 && is_plain;
}

void depthwise_rows_forward(const Window2D& g, const float* x, const PackedDepthwise& packed,
                            const Clamp& clamp, float* y) {
  const std::int64_t taps = g.kernel_h * g.kernel_w;
  float* weights = spread_memory(taps + 1);
  float* bias = packed.bias == nullptr ? nullptr : weights + taps * kLaneBlock;
  spread_lanes(taps, g.in_c, packed.kernel, kLaneBlock, weights);
  if (bias != nullptr) spread_lanes(1, g.in_c, packed.bias, kLaneBlock, bias);
  convolve_rows(g, x, weights, bias, clamp, y);
}

void depthwise_rows_backward(const Window2D& g, const DepthwiseBackward<float>& a) {
  if (a.dkernel != nullptr || a.dbias != nullptr) gather_kernel_gradients(g, a);
  if (a.dx == nullptr) return;
  const std::int64_t taps = g.kernel_h * g.kernel_w;
  float* weights = spread_memory(taps);
  spread_lanes(taps, g.in_c, a.kernel, g.in_c, weights);
  for (std::int64_t t = 0; t < taps / 2; ++t) {
    std::swap_ranges(weights + t * kLaneBlock, weights + (t + 1) * kLaneBlock,
                     weights + (taps - 1 - t) * kLaneBlock);
  }
  convolve_rows(turned(g), a.dy, weights, nullptr, {}, a.dx);
}

}  // namespace sepal::kernels
#endif  // HWY_ONCE
