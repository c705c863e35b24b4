#include <algorithm>
#include <numeric>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {
namespace {

// The function is linear between its kinks: y = passes * (x - tau), tau = x . slopes - 1/k.
template <class T>
struct SparsemaxRow {
  T* y;
  T* passes;  // 1 where x >= tau
  T* slopes;  // d tau / dx
};

template <class T>
void sparsemax_row(std::int64_t n, const T* x, const SparsemaxRow<T>& row) {
  std::vector<std::int64_t> order(static_cast<std::size_t>(n));
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [x](std::int64_t a, std::int64_t b) { return x[a] > x[b]; });
  T partial = 0;
  T sum_of_partials = 0;
  std::int64_t k = 0;
  for (const std::int64_t i : order) {
    partial += x[i];
    if (!(x[i] - (partial - T(1)) / static_cast<T>(k + 1) > T(0))) break;
    sum_of_partials += partial;
    ++k;
  }
  const T tau = (sum_of_partials - T(1)) / static_cast<T>(k);
  for (std::int64_t i = 0; i < n; ++i) {
    row.passes[i] = x[i] >= tau ? T(1) : T(0);
    row.y[i] = x[i] >= tau ? x[i] - tau : T(0);
    row.slopes[i] = T(0);
  }
  // The j-th largest element is part of k - j partial sums.
  for (std::int64_t j = 0; j < k; ++j) {
    row.slopes[order[static_cast<std::size_t>(j)]] = static_cast<T>(k - j) / static_cast<T>(k);
  }
}

Tensor sparsemax_of_rows(const Tensor& x) {
  Tensor y(x.shape(), x.dtype());
  Tensor passes(x.shape(), x.dtype());
  Tensor slopes(x.shape(), x.dtype());
  const std::int64_t n = x.shape().back();
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* from = x.data<T>();
    const SparsemaxRow<T> to{y.mutable_data<T>(), passes.mutable_data<T>(), slopes.mutable_data<T>()};
    parallel_for(n == 0 ? 0 : x.num_elements() / n, 1 + 1024 / (n + 1),
                 [=](std::int64_t begin, std::int64_t end) {
                   for (std::int64_t r = begin; r < end; ++r) {
                     sparsemax_row(n, from + r * n, {to.y + r * n, to.passes + r * n, to.slopes + r * n});
                   }
                 });
  });
  if (GradientTape::is_recording({x})) {
    GradientTape::record("sparsemax", {x}, {y}, [passes, slopes](const Tensors& g) {
      const Tensor direct = multiply(g[0], passes);
      return Tensors{subtract(direct, multiply(slopes, sum(direct, {{-1}}, true)))};
    });
  }
  return y;
}

}  // namespace

Tensor sparsemax(const Tensor& x, std::int64_t axis_argument) {
  expect_one_computable_dtype("sparsemax", {{"x", x}});
  if (is_half(x.dtype())) {
    return in_float32([&](const Tensor& wide) { return sparsemax(wide, axis_argument); }, x);
  }
  const int axis = normalize_axis(axis_argument, x.rank());
  const int last = x.rank() - 1;
  if (axis == last) return sparsemax_of_rows(x);
  std::vector<int> swapped(static_cast<std::size_t>(x.rank()));
  std::iota(swapped.begin(), swapped.end(), 0);
  std::swap(swapped[static_cast<std::size_t>(axis)], swapped[static_cast<std::size_t>(last)]);
  return transpose(sparsemax_of_rows(transpose(x, swapped)), swapped);
}

}  // namespace sepal::ops
