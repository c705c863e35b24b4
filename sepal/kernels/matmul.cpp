#include "sepal/kernels/matmul.h"

#include <algorithm>

#include "sepal/base/parallel.h"
#include "sepal/kernels/geometry.h"
#include "sepal/kernels/thread_buffer.h"

namespace sepal::kernels {
namespace {

/// How a product is cut, by its sizes alone.
struct Cut {
  std::int64_t rows = 1, cols = 1, depth = 1;  // lengths of a part along m, n, k
};

Cut cut_of(const MatmulSizes& sizes) {
  // One million multiply-adds take a core about 20 microseconds, some ten times what it costs to hand out a
  // part; more than 64 parts would only make the pieces thin.
  constexpr std::int64_t kPartWork = 1 << 20;
  constexpr std::int64_t kMostParts = 64;
  const double work =
      static_cast<double>(sizes.m) * static_cast<double>(sizes.n) * static_cast<double>(sizes.k);
  const auto parts = static_cast<std::int64_t>(
      std::clamp(work / static_cast<double>(kPartWork), 1.0, static_cast<double>(kMostParts)));
  Cut cut{sizes.m, sizes.n, sizes.k};
  // A small result of a long contraction (a weight gradient) has room for parts along k only. Each part adds
  // up a result of its own, so the result must be small and a part deep against it.
  constexpr std::int64_t kMostDepthParts = 16;
  constexpr std::int64_t kLeastDepth = 256;
  constexpr std::int64_t kLargestPartialResult = 1 << 16;
  if (sizes.k >= 8 * std::max(sizes.m, sizes.n) && sizes.m * sizes.n <= kLargestPartialResult) {
    const std::int64_t depth_parts = std::min({parts, kMostDepthParts, sizes.k / kLeastDepth});
    cut.depth = ceil_divide(sizes.k, std::max<std::int64_t>(depth_parts, 1));
    return cut;
  }
  // Every part packs the columns of b that it needs: below some 200 rows that costs as much as it saves.
  // Multiples of 48 rows and 64 columns suit the register tiles of every gemm here (6, 8, 16 and 48 rows).
  const std::int64_t worth_packing = std::min<std::int64_t>(192, ceil_divide(sizes.m, 2));
  const std::int64_t rows = std::max(ceil_divide(sizes.m, parts), worth_packing);
  cut.rows = std::min(sizes.m, ceil_divide(rows, 48) * 48);
  const std::int64_t col_parts = parts / ceil_divide(sizes.m, cut.rows);
  if (col_parts > 1) cut.cols = std::min(sizes.n, ceil_divide(ceil_divide(sizes.n, col_parts), 64) * 64);
  return cut;
}

template <class T>
void fill_rows(T* c, std::int64_t rows, std::int64_t cols, std::int64_t stride, const T* bias) {
  for (std::int64_t i = 0; i < rows; ++i) {
    if (bias != nullptr) {
      std::copy(bias, bias + cols, c + i * stride);
    } else {
      std::fill(c + i * stride, c + i * stride + cols, T(0));
    }
  }
}

}  // namespace

template <class T>
void matmul(const MatmulSizes& sizes, const T* a, const T* b, const T* bias, T* c, Gemm<T> gemm) {
  const std::int64_t m = sizes.m;
  const std::int64_t n = sizes.n;
  const std::int64_t k = sizes.k;
  if (m == 0 || n == 0) return;
  if (k == 0) return fill_rows(c, m, n, n, bias);
  const Cut cut = cut_of(sizes);
  const std::int64_t row_parts = ceil_divide(m, cut.rows);
  const std::int64_t col_parts = ceil_divide(n, cut.cols);
  const std::int64_t depth_parts = ceil_divide(k, cut.depth);
  // Every part of k but the first adds up in a matrix of its own; then these are added in order.
  thread_local ThreadBuffer buffer;
  T* partial = buffer.reserve<T>((depth_parts - 1) * m * n);

  parallel_parts(row_parts * col_parts * depth_parts, [&](std::int64_t part) {
    const std::int64_t i = part / (col_parts * depth_parts) * cut.rows;
    const std::int64_t j = part / depth_parts % col_parts * cut.cols;
    const std::int64_t depth_part = part % depth_parts;
    const std::int64_t p = depth_part * cut.depth;
    GemmProblem<T> problem;
    problem.m = std::min(cut.rows, m - i);
    problem.n = std::min(cut.cols, n - j);
    problem.k = std::min(cut.depth, k - p);
    problem.a = sizes.transpose_a ? StridedMatrix<const T>{a + p * m + i, 1, m}
                                  : StridedMatrix<const T>{a + i * k + p, k, 1};
    problem.b = sizes.transpose_b ? StridedMatrix<const T>{b + j * k + p, 1, k}
                                  : StridedMatrix<const T>{b + p * n + j, n, 1};
    T* out = depth_part == 0 ? c : partial + (depth_part - 1) * m * n;
    problem.c = {out + i * n + j, n, 1};
    problem.accumulate = bias != nullptr && depth_part == 0;
    if (problem.accumulate) fill_rows(problem.c.data, problem.m, problem.n, n, bias + j);
    gemm(problem);
  });
  if (depth_parts == 1) return;
  parallel_for(m * n, 1 << 14, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t part = 0; part + 1 < depth_parts; ++part) {
      const T* sums = partial + part * m * n;
      for (std::int64_t i = begin; i < end; ++i) c[i] += sums[i];
    }
  });
}

template void matmul(const MatmulSizes&, const float*, const float*, const float*, float*, Gemm<float>);
template void matmul(const MatmulSizes&, const double*, const double*, const double*, double*, Gemm<double>);

}  // namespace sepal::kernels
