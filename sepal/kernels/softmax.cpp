#include "sepal/kernels/softmax.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "sepal/base/parallel.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/kernels/float_math.h"

namespace sepal::kernels {
namespace {

// Calls body(row) for every row.
template <class Body>
void for_rows(const RowSizes& sizes, Body body) {
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementGrain / 8 / std::max<std::int64_t>(1, sizes.n));
  parallel_for(sizes.rows, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) body(row);
  });
}

// max(x) and log(sum(exp(x - max))).
template <class T>
struct LogSum {
  T max;
  double log_sum;
};

template <class T>
LogSum<T> log_sum_of(std::int64_t n, const T* x) {
  const T most = *std::max_element(x, x + n);
  // A buffer, because a loop that also adds in order is not vectorised.
  constexpr std::int64_t kBlock = 64;
  std::array<T, kBlock> powers;
  double sum = 0;
  for (std::int64_t first = 0; first < n; first += kBlock) {
    const std::int64_t count = std::min(kBlock, n - first);
    for (std::int64_t i = 0; i < count; ++i) powers[static_cast<std::size_t>(i)] = exp(x[first + i] - most);
    for (std::int64_t i = 0; i < count; ++i) sum += powers[static_cast<std::size_t>(i)];
  }
  return {most, std::log(sum)};
}

template <class T>
void softmax_row(std::int64_t n, const T* x, T* y) {
  const T most = *std::max_element(x, x + n);
  double sum = 0;
  for (std::int64_t i = 0; i < n; ++i) y[i] = exp(x[i] - most);
  for (std::int64_t i = 0; i < n; ++i) sum += y[i];
  const T scale = static_cast<T>(1 / sum);
  for (std::int64_t i = 0; i < n; ++i) y[i] *= scale;
}

}  // namespace

template <class T>
void softmax(const RowSizes& sizes, const T* x, T* y) {
  if (sizes.n == 0) return;
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) { softmax_row(n, x + row * n, y + row * n); });
}

template <class T>
void softmax_gradient(const RowSizes& sizes, const T* y, const T* g, T* dx) {
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    const T* y_row = y + row * n;
    const T* g_row = g + row * n;
    double sum = 0;
    for (std::int64_t i = 0; i < n; ++i) sum += static_cast<double>(y_row[i]) * g_row[i];
    const T mean = static_cast<T>(sum);
    for (std::int64_t i = 0; i < n; ++i) dx[row * n + i] = y_row[i] * (g_row[i] - mean);
  });
}

template <class T>
void log_softmax(const RowSizes& sizes, const T* x, T* y) {
  if (sizes.n == 0) return;
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    const LogSum<T> all = log_sum_of(n, x + row * n);
    const T log_sum = static_cast<T>(all.log_sum);
    for (std::int64_t i = row * n; i < (row + 1) * n; ++i) y[i] = (x[i] - all.max) - log_sum;
  });
}

template <class T>
void log_softmax_gradient(const RowSizes& sizes, const T* y, const T* g, T* dx) {
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    double sum = 0;
    for (std::int64_t i = row * n; i < (row + 1) * n; ++i) sum += g[i];
    const T total = static_cast<T>(sum);
    for (std::int64_t i = row * n; i < (row + 1) * n; ++i) dx[i] = g[i] - exp(y[i]) * total;
  });
}

template <class T>
void sparse_cross_entropy(const RowSizes& sizes, const T* x, const std::int64_t* labels, T* loss) {
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    const LogSum<T> all = log_sum_of(n, x + row * n);
    loss[row] = static_cast<T>(all.log_sum - (x[row * n + labels[row]] - all.max));
  });
}

template <class T>
void sparse_cross_entropy_gradient(const RowSizes& sizes, const T* x, const std::int64_t* labels, const T* g,
                                   T* dx) {
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    T* to = dx + row * n;
    softmax_row(n, x + row * n, to);
    to[labels[row]] -= T(1);
    for (std::int64_t i = 0; i < n; ++i) to[i] *= g[row];
  });
}

template <class T>
void cross_entropy(const RowSizes& sizes, const T* x, const T* target, T* loss) {
  if (sizes.n == 0) {
    std::fill_n(loss, sizes.rows, T(0));
    return;
  }
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    const LogSum<T> all = log_sum_of(n, x + row * n);
    double sum = 0;
    for (std::int64_t i = row * n; i < (row + 1) * n; ++i) {
      // A class of weight 0 does not take part, even where its logit is -infinity.
      if (target[i] != T(0)) sum += target[i] * (all.log_sum - (x[i] - all.max));
    }
    loss[row] = static_cast<T>(sum);
  });
}

template <class T>
void cross_entropy_gradient(const RowSizes& sizes, const T* x, const T* target, const T* g, T* dx) {
  if (sizes.n == 0) return;
  for_rows(sizes, [=, n = sizes.n](std::int64_t row) {
    softmax_row(n, x + row * n, dx + row * n);
    for (std::int64_t i = row * n; i < (row + 1) * n; ++i) dx[i] = (dx[i] - target[i]) * g[row];
  });
}

template void softmax(const RowSizes&, const float*, float*);
template void softmax(const RowSizes&, const double*, double*);
template void softmax_gradient(const RowSizes&, const float*, const float*, float*);
template void softmax_gradient(const RowSizes&, const double*, const double*, double*);
template void log_softmax(const RowSizes&, const float*, float*);
template void log_softmax(const RowSizes&, const double*, double*);
template void log_softmax_gradient(const RowSizes&, const float*, const float*, float*);
template void log_softmax_gradient(const RowSizes&, const double*, const double*, double*);
template void sparse_cross_entropy(const RowSizes&, const float*, const std::int64_t*, float*);
template void sparse_cross_entropy(const RowSizes&, const double*, const std::int64_t*, double*);
template void sparse_cross_entropy_gradient(const RowSizes&, const float*, const std::int64_t*, const float*,
                                            float*);
template void sparse_cross_entropy_gradient(const RowSizes&, const double*, const std::int64_t*,
                                            const double*, double*);
template void cross_entropy(const RowSizes&, const float*, const float*, float*);
template void cross_entropy(const RowSizes&, const double*, const double*, double*);
template void cross_entropy_gradient(const RowSizes&, const float*, const float*, const float*, float*);
template void cross_entropy_gradient(const RowSizes&, const double*, const double*, const double*, double*);

}  // namespace sepal::kernels
