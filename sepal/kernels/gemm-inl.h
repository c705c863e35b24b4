// The body of gemm.cpp, compiled once for each SIMD target.
#if defined(SEPAL_KERNELS_GEMM_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_GEMM_INL_H_
#undef SEPAL_KERNELS_GEMM_INL_H_
#else
#define SEPAL_KERNELS_GEMM_INL_H_
#endif

#include <hwy/highway.h>

#include <algorithm>
#include <cstdint>

#include "sepal/kernels/gemm.h"
#include "sepal/kernels/thread_buffer.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// A tile of C lives in registers: 6 rows of two vectors are 12 accumulators, enough to hide the latency of an
// FMA (4 cycles, two a cycle), and with two vectors of B and one of A they fit the 16 registers of AVX2.
inline constexpr int kTileRows = 6;
inline constexpr int kTileVectors = 2;

// A packed block of B, kBlockDepth x kBlockCols floats, is 256 KiB: half of a usual L2.
inline constexpr std::int64_t kBlockDepth = 256;
inline constexpr std::int64_t kBlockCols = 256;

template <class T>
using Panel = hn::ScalableTag<T>;

/// Columns of one panel of packed B.
template <class T>
std::int64_t panel_cols() {
  return kTileVectors * static_cast<std::int64_t>(hn::Lanes(Panel<T>()));
}

/// `c` (kRows, cols) += or = a (kRows, depth) times one panel (depth, panel_cols).
template <class T, int kRows>
HWY_NOINLINE void multiply_tile(std::int64_t depth, StridedMatrix<const T> a, const T* HWY_RESTRICT panel,
                                StridedMatrix<T> c, std::int64_t cols, bool accumulate) {
  const Panel<T> d;
  const std::int64_t lanes = static_cast<std::int64_t>(hn::Lanes(d));
  hn::Vec<Panel<T>> sums[kRows][kTileVectors];
  for (auto& row : sums) {
    for (auto& sum : row) sum = hn::Zero(d);
  }
  for (std::int64_t p = 0; p < depth; ++p) {
    const auto b0 = hn::Load(d, panel + p * kTileVectors * lanes);
    const auto b1 = hn::Load(d, panel + p * kTileVectors * lanes + lanes);
    const T* a_column = a.data + p * a.col_stride;
    HWY_UNROLL(6)
    for (int r = 0; r < kRows; ++r) {
      const auto factor = hn::Set(d, a_column[r * a.row_stride]);
      sums[r][0] = hn::MulAdd(factor, b0, sums[r][0]);
      sums[r][1] = hn::MulAdd(factor, b1, sums[r][1]);
    }
  }
  if (c.col_stride == 1 && cols == kTileVectors * lanes) {
    HWY_UNROLL(6)
    for (int r = 0; r < kRows; ++r) {
      for (int v = 0; v < kTileVectors; ++v) {
        T* out = c.data + r * c.row_stride + v * lanes;
        hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, out), sums[r][v]) : sums[r][v], d, out);
      }
    }
    return;
  }
  HWY_ALIGN T buffer[kRows * kTileVectors * HWY_MAX_BYTES / sizeof(T)] = {};
  for (int r = 0; r < kRows; ++r) {
    for (int v = 0; v < kTileVectors; ++v) {
      hn::Store(sums[r][v], d, buffer + (r * kTileVectors + v) * lanes);
    }
  }
  for (int r = 0; r < kRows; ++r) {
    for (std::int64_t j = 0; j < cols; ++j) {
      T& out = c.data[r * c.row_stride + j * c.col_stride];
      const T sum = buffer[r * kTileVectors * lanes + j];
      out = accumulate ? out + sum : sum;
    }
  }
}

template <class T>
void multiply_rows(std::int64_t rows, std::int64_t depth, StridedMatrix<const T> a, const T* panel,
                   StridedMatrix<T> c, std::int64_t cols, bool accumulate) {
  static_assert(kTileRows == 6);
  switch (rows) {
    case 1:
      return multiply_tile<T, 1>(depth, a, panel, c, cols, accumulate);
    case 2:
      return multiply_tile<T, 2>(depth, a, panel, c, cols, accumulate);
    case 3:
      return multiply_tile<T, 3>(depth, a, panel, c, cols, accumulate);
    case 4:
      return multiply_tile<T, 4>(depth, a, panel, c, cols, accumulate);
    case 5:
      return multiply_tile<T, 5>(depth, a, panel, c, cols, accumulate);
    default:
      return multiply_tile<T, 6>(depth, a, panel, c, cols, accumulate);
  }
}

/// Panels of `width` columns one after another, each (depth, width) row-major, the last filled with zeros.
template <class T>
void pack_b(std::int64_t depth, std::int64_t cols, StridedMatrix<const T> b, std::int64_t width, T* packed) {
  for (std::int64_t first = 0; first < cols; first += width) {
    const std::int64_t used = std::min(width, cols - first);
    for (std::int64_t p = 0; p < depth; ++p, packed += width) {
      const T* row = b.data + p * b.row_stride + first * b.col_stride;
      if (b.col_stride == 1) {
        std::copy(row, row + used, packed);
      } else {
        for (std::int64_t j = 0; j < used; ++j) packed[j] = row[j * b.col_stride];
      }
      std::fill(packed + used, packed + width, T(0));
    }
  }
}

template <class T>
void multiply_blocks(const GemmProblem<T>& problem) {
  thread_local ThreadBuffer b_memory;
  thread_local ThreadBuffer a_memory;
  const std::int64_t width = panel_cols<T>();
  const std::int64_t block_cols = std::min(kBlockCols, (problem.n + width - 1) / width * width);
  const std::int64_t block_depth = std::min(kBlockDepth, problem.k);
  T* packed_b = b_memory.reserve<T>(block_depth * block_cols);
  T* packed_a = a_memory.reserve<T>(block_depth * kTileRows);

  for (std::int64_t n0 = 0; n0 < problem.n; n0 += block_cols) {
    const std::int64_t cols = std::min(block_cols, problem.n - n0);
    for (std::int64_t k0 = 0; k0 < problem.k; k0 += block_depth) {
      const std::int64_t depth = std::min(block_depth, problem.k - k0);
      const StridedMatrix<const T>& b = problem.b;
      pack_b(depth, cols, {b.data + k0 * b.row_stride + n0 * b.col_stride, b.row_stride, b.col_stride}, width,
             packed_b);
      for (std::int64_t m0 = 0; m0 < problem.m; m0 += kTileRows) {
        const std::int64_t rows = std::min<std::int64_t>(kTileRows, problem.m - m0);
        StridedMatrix<const T> a = problem.a;
        a.data += m0 * a.row_stride + k0 * a.col_stride;
        // Columns far apart would take a cache line and a TLB entry for each step of k.
        if (a.col_stride != 1) {
          for (std::int64_t p = 0; p < depth; ++p) {
            for (std::int64_t r = 0; r < rows; ++r) {
              packed_a[p * kTileRows + r] = a.data[r * a.row_stride + p * a.col_stride];
            }
          }
          a = {packed_a, 1, kTileRows};
        }
        for (std::int64_t j = 0; j < cols; j += width) {
          StridedMatrix<T> c = problem.c;
          c.data += m0 * c.row_stride + (n0 + j) * c.col_stride;
          multiply_rows(rows, depth, a, packed_b + j * depth, c, std::min(width, cols - j),
                        problem.accumulate || k0 > 0);
        }
      }
    }
  }
}

void gemm_f32(const GemmProblem<float>& problem) { multiply_blocks(problem); }
void gemm_f64(const GemmProblem<double>& problem) { multiply_blocks(problem); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sepal::kernels
HWY_AFTER_NAMESPACE();

#endif  // SEPAL_KERNELS_GEMM_INL_H_
