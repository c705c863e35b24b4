// Sums over a window of cells, sixteen channels at a time: the depthwise step. Included once per SIMD target.
//
// The input is a table of pointers to cells (pixels), one row of it for each input row, with a row of zeros
// in the place of every cell outside of the image: the loops know neither edges nor layouts, and read the
// image itself where its channels lie together.
#if defined(SEPAL_KERNELS_WINDOW_SUM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_WINDOW_SUM_INL_H_
#undef SEPAL_KERNELS_WINDOW_SUM_INL_H_
#else
#define SEPAL_KERNELS_WINDOW_SUM_INL_H_
#endif

#include <algorithm>

#include "sepal/kernels/epilogue.h"
#include "sepal/kernels/vectors-inl.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels::HWY_NAMESPACE {

/// out(row, column) = clamp(bias + sum over taps (u, v) of weight(u, v) * cell(row * stride_h + u *
/// dilation_h, column * stride_w + v * dilation_w)), for all channels of some blocks.
struct WindowSum {
  const float* const* cells;  // [input row][row_cells]
  std::int64_t row_cells;
  std::int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w;
  // Rows of the table that lie in the image; the others add nothing and are not read.
  std::int64_t begin_in_row, end_in_row;
  std::int64_t rows, columns;  // of the output
  std::int64_t begin_block = 0, end_block = 0;
  std::int64_t in_block = 0;       // from a cell's block to its next
  const float* weights = nullptr;  // [block][tap][16]
  const float* bias = nullptr;     // [block][16] or null
  Clamp clamp = {};
  // Output columns whose cells all lie in the image, at equal distances: those of neighbouring cells.
  std::int64_t begin_inner = 0, end_inner = 0, cell_step = 0;
  float* out = nullptr;  // of begin_block
  std::int64_t out_block = 0, out_row = 0, out_column = 0;
  bool stream = false;  // out is written past the caches; its cells must be aligned
};

// Eight columns at once: a fused multiply-add takes four cycles and two start in each, so eight sums that do
// not wait for each other keep the multipliers busy, and each weight is loaded once for eight. With 32
// registers two rows share their inputs: sixteen sums, the weights of two kernel rows, one input.
constexpr int kWindowColumns = 8;
constexpr int kWindowRows = kManyRegisters ? 2 : 1;

/// Adds what input row `cell` gives: to the first output row (kFirst) the weights `w0`, to the second
/// (kSecond) `w1`. kRun taps of neighbouring cells share their inputs: 8 columns of a run of 3 take 10 loads
/// for 24 multiply-adds.
template <bool kFirst, bool kSecond, int kRows, int kColumns, int kRun, int kStride>
HWY_INLINE void add_row(const float* const* cell, std::int64_t offset, std::int64_t stride, const float* w0,
                        const float* w1, FloatVector (&acc)[kRows][kColumns]) {
  FloatVector first[kRun], second[kRun];
#pragma GCC unroll 8
  for (int v = 0; v < kRun; ++v) {
    if constexpr (kFirst) first[v] = hn::Load(kTag, w0 + v * kLaneBlock);
    if constexpr (kSecond) second[v] = hn::Load(kTag, w1 + v * kLaneBlock);
  }
#pragma GCC unroll 32
  for (int i = 0; i < (kColumns - 1) * kStride + kRun; ++i) {
    const FloatVector x = hn::LoadU(kTag, cell[kRun == 1 ? i * stride : i] + offset);
#pragma GCC unroll 8
    for (int v = 0; v < kRun; ++v) {
      if ((i - v) % kStride != 0 || i < v || (i - v) / kStride >= kColumns) continue;
      const int c = (i - v) / kStride;
      if constexpr (kFirst) acc[0][c] = hn::MulAdd(first[v], x, acc[0][c]);
      if constexpr (kSecond) acc[kRows - 1][c] = hn::MulAdd(second[v], x, acc[kRows - 1][c]);
    }
  }
}

/// kRows output rows from `row`, kColumns columns from `column`. kRun is the kernel's width, or 1 to go tap
/// by tap; kStride is stride_w where kRun > 1, otherwise 1 and ignored.
template <int kRows, int kColumns, int kRun, int kStride>
HWY_NOINLINE void window_group(const WindowSum& s, std::int64_t row, std::int64_t column) {
  const std::int64_t top = row * s.stride_h;
  // Steps of dilation_h input rows; two output rows are one step apart.
  const std::int64_t step = kRows == 2 ? 1 : s.dilation_h;
  std::int64_t begin = 0, end = s.kernel_h * s.kernel_w == 0 ? 0 : s.kernel_h + kRows - 1;
  while (begin < end && top + begin * step < s.begin_in_row) ++begin;
  while (end > begin && top + (end - 1) * step >= s.end_in_row) --end;
  const std::int64_t weight_row = s.kernel_w * kLaneBlock;
  const std::int64_t runs = kRun == 1 ? s.kernel_w : 1;
  for (std::int64_t block = s.begin_block; block < s.end_block; ++block) {
    for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
      FloatVector acc[kRows][kColumns];
      const FloatVector start =
          s.bias != nullptr ? hn::Load(kTag, s.bias + block * kLaneBlock + lane) : hn::Zero(kTag);
#pragma GCC unroll 16
      for (int c = 0; c < kColumns; ++c) {
        for (int r = 0; r < kRows; ++r) acc[r][c] = start;
      }
      const float* weights = s.weights + block * s.kernel_h * weight_row + lane;
      const std::int64_t offset = block * s.in_block + lane;
      for (std::int64_t j = begin; j < end; ++j) {
        const float* const* cell = s.cells + (top + j * step) * s.row_cells + column * s.stride_w;
        const float* w = weights + j * weight_row;
        for (std::int64_t v = 0; v < runs; ++v) {
          if constexpr (kRows == 1) {
            add_row<true, false, kRows, kColumns, kRun, kStride>(cell, offset, s.stride_w, w, w, acc);
          } else if (j == 0) {
            add_row<true, false, kRows, kColumns, kRun, kStride>(cell, offset, s.stride_w, w, w, acc);
          } else if (j == s.kernel_h) {
            add_row<false, true, kRows, kColumns, kRun, kStride>(cell, offset, s.stride_w, w, w - weight_row,
                                                                 acc);
          } else {
            add_row<true, true, kRows, kColumns, kRun, kStride>(cell, offset, s.stride_w, w, w - weight_row,
                                                                acc);
          }
          cell += s.dilation_w;
          w += kLaneBlock;
        }
      }
      if (s.clamp.active()) {
        const FloatVector lower = hn::Set(kTag, s.clamp.lower), upper = hn::Set(kTag, s.clamp.upper);
#pragma GCC unroll 16
        for (int c = 0; c < kColumns; ++c) {
          for (int r = 0; r < kRows; ++r) acc[r][c] = hn::Min(upper, hn::Max(lower, acc[r][c]));
        }
      }
      float* out =
          s.out + (block - s.begin_block) * s.out_block + row * s.out_row + column * s.out_column + lane;
#pragma GCC unroll 2
      for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 16
        for (int c = 0; c < kColumns; ++c) {
          float* to = out + r * s.out_row + c * s.out_column;
          s.stream ? hn::Stream(acc[r][c], kTag, to) : hn::StoreU(acc[r][c], kTag, to);
        }
      }
    }
  }
}

template <int kRows, int kColumns, int kRun, int kStride>
HWY_INLINE void window_group_of(const WindowSum& s, std::int64_t row, std::int64_t column,
                                std::int64_t columns) {
  if constexpr (kColumns > 1) {
    if (columns < kColumns)
      return window_group_of<kRows, kColumns - 1, kRun, kStride>(s, row, column, columns);
  }
  window_group<kRows, kColumns, kRun, kStride>(s, row, column);
}

/// All rows. Columns go in groups of one size: 28 as 4 x 7 and not 3 x 8 + 4; where that does not divide, the
/// last group computes some columns again.
template <int kRun, int kStride>
void window_rows(const WindowSum& s) {
  const std::int64_t groups = (s.columns + kWindowColumns - 1) / kWindowColumns;
  const std::int64_t size = (s.columns + groups - 1) / groups;
  const bool in_pairs = kWindowRows == 2 && s.stride_h == 1 && s.dilation_h == 1;
  for (std::int64_t row = 0; row < s.rows;) {
    const bool pair = in_pairs && row + 1 < s.rows;
    for (std::int64_t i = 0; i < groups; ++i) {
      const std::int64_t column = std::min(i * size, s.columns - size);
      if (pair) {
        window_group_of<kWindowRows, kWindowColumns, kRun, kStride>(s, row, column, size);
      } else {
        window_group_of<1, kWindowColumns, kRun, kStride>(s, row, column, size);
      }
    }
    row += pair ? 2 : 1;
  }
}

inline void window_sum(const WindowSum& s) {
  const bool neighbours = s.dilation_w == 1;
  if (neighbours && s.stride_w == 1) {
    switch (s.kernel_w) {
      case 2:
        return window_rows<2, 1>(s);
      case 3:
        return window_rows<3, 1>(s);
      case 5:
        return window_rows<5, 1>(s);
      case 7:
        return window_rows<7, 1>(s);
      default:
        return window_rows<1, 1>(s);
    }
  }
  if (neighbours && s.stride_w == 2) {
    switch (s.kernel_w) {
      case 3:
        return window_rows<3, 2>(s);
      case 5:
        return window_rows<5, 2>(s);
      default:
        return window_rows<1, 1>(s);
    }
  }
  window_rows<1, 1>(s);
}

/// weights(tap) += sum over output cells of gradient(row, column) * cell that the tap meets there: the other
/// operand's gradient. `gradient` is of begin_block and laid out as WindowSum::out; `weights` is added to.
struct WindowCorrelation {
  const WindowSum& window;  // its cells and sizes; weights, bias, clamp and out are not used
  const float* gradient;
  float* weights;  // [block][tap][16]
};

/// Adds columns [begin, end) of a row, through the table or, kInner, at equal distances from the first.
template <bool kInner, int kTaps>
HWY_INLINE void correlate_columns(const float* const* const (&cells)[kTaps], std::int64_t begin,
                                  std::int64_t end, std::int64_t stride, std::int64_t step,
                                  std::int64_t offset, const float* gradient, std::int64_t gradient_step,
                                  FloatVector (&acc)[kTaps]) {
  const float* from[kTaps];
  if constexpr (kInner) {
    if (begin >= end) return;
    for (int t = 0; t < kTaps; ++t) from[t] = cells[t][begin * stride] + offset;
  }
  for (std::int64_t c = begin; c < end; ++c) {
    const FloatVector g = hn::LoadU(kTag, gradient + c * gradient_step);
#pragma GCC unroll 16
    for (int t = 0; t < kTaps; ++t) {
      const float* cell = kInner ? from[t] + (c - begin) * step : cells[t][c * stride] + offset;
      acc[t] = hn::MulAdd(g, hn::LoadU(kTag, cell), acc[t]);
    }
  }
}

template <int kTaps>
HWY_NOINLINE void correlate_taps(const WindowCorrelation& a, std::int64_t first_tap, std::int64_t taps) {
  if constexpr (kTaps > 1) {
    if (taps < kTaps) return correlate_taps<kTaps - 1>(a, first_tap, taps);
  }
  const WindowSum& s = a.window;
  const std::int64_t reach = (s.kernel_h - 1) * s.dilation_h;
  for (std::int64_t block = s.begin_block; block < s.end_block; ++block) {
    for (std::int64_t lane = 0; lane < kLaneBlock; lane += kLanes) {
      float* weights = a.weights + (block * s.kernel_h * s.kernel_w + first_tap) * kLaneBlock + lane;
      const std::int64_t offset = block * s.in_block + lane;
      FloatVector acc[kTaps];
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) acc[t] = hn::Load(kTag, weights + t * kLaneBlock);
      for (std::int64_t r = 0; r < s.rows; ++r) {
        const float* gradient = a.gradient + (block - s.begin_block) * s.out_block + r * s.out_row + lane;
        const std::int64_t top = r * s.stride_h;
        const float* const* cells[kTaps];
        for (int t = 0; t < kTaps; ++t) {
          const std::int64_t u = (first_tap + t) / s.kernel_w, v = (first_tap + t) % s.kernel_w;
          cells[t] = s.cells + (top + u * s.dilation_h) * s.row_cells + v * s.dilation_w;
        }
        const bool inside = top >= s.begin_in_row && top + reach < s.end_in_row;
        const std::int64_t begin = inside ? s.begin_inner : s.columns, end = inside ? s.end_inner : s.columns;
        correlate_columns<false>(cells, 0, begin, s.stride_w, 0, offset, gradient, s.out_column, acc);
        correlate_columns<true>(cells, begin, end, s.stride_w, s.cell_step * s.stride_w, offset, gradient,
                                s.out_column, acc);
        correlate_columns<false>(cells, end, s.columns, s.stride_w, 0, offset, gradient, s.out_column, acc);
      }
#pragma GCC unroll 16
      for (int t = 0; t < kTaps; ++t) hn::Store(acc[t], kTag, weights + t * kLaneBlock);
    }
  }
}

// A 3x3 kernel in one go: nine sums fit into sixteen registers, and their tables are read once.
constexpr std::int64_t kCorrelateTaps = 9;

inline void correlate_window(const WindowCorrelation& a) {
  const std::int64_t taps = a.window.kernel_h * a.window.kernel_w;
  for (std::int64_t t = 0; t < taps; t += kCorrelateTaps) {
    correlate_taps<kCorrelateTaps>(a, t, std::min(kCorrelateTaps, taps - t));
  }
}

}  // namespace sepal::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif  // include guard per target
