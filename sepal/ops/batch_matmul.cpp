#include "sepal/ops/batch_matmul.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/kernels/gemm.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

// Multiplications worth a thread.
constexpr std::int64_t kGrainProducts = 65536;

template <class T>
kernels::StridedMatrix<const T> matrix(const Tensor& x, std::int64_t sample, bool transposed) {
  const std::int64_t columns = x.shape()[2];
  const kernels::StridedMatrix<const T> stored{x.data<T>() + sample * x.shape()[1] * columns, columns, 1};
  return transposed ? stored.transposed() : stored;
}

}  // namespace

Tensor batch_matmul(const Tensor& a, const Tensor& b, bool transpose_a, bool transpose_b) {
  expect_one_computable_dtype("batch_matmul", {{"a", a}, {"b", b}});
  if (is_half(a.dtype())) {
    return in_float32(
        [&](const Tensor& x, const Tensor& y) { return batch_matmul(x, y, transpose_a, transpose_b); }, a, b);
  }
  const Shape& s = a.shape();
  const Shape& t = b.shape();
  const int row_axis = transpose_a ? 2 : 1;
  const int column_axis = transpose_b ? 1 : 2;
  if (s.rank() != 3 || t.rank() != 3 || s[0] != t[0] || s[3 - row_axis] != t[3 - column_axis]) {
    throw ValueError(
        fmt::format("batch_matmul: the operands must have rank 3, as many samples and the same contracted "
                    "length. Received: a.shape={}, b.shape={}, transpose_a={}, transpose_b={}",
                    s.str(), t.str(), transpose_a, transpose_b));
  }
  const std::int64_t m = s[row_axis];
  const std::int64_t n = t[column_axis];
  const std::int64_t k = s[3 - row_axis];
  Tensor c = Tensor::zeros({s[0], m, n}, a.dtype());
  if (k > 0 && c.num_elements() > 0) {
    dispatch_float(a.dtype(), [&](auto type) {
      using T = decltype(type);
      T* out = c.mutable_data<T>();
      parallel_for(s[0], std::max<std::int64_t>(1, kGrainProducts / (m * n * k)),
                   [&](std::int64_t begin, std::int64_t end) {
                     for (std::int64_t i = begin; i < end; ++i) {
                       kernels::gemm({.m = m,
                                      .n = n,
                                      .k = k,
                                      .a = matrix<T>(a, i, transpose_a),
                                      .b = matrix<T>(b, i, transpose_b),
                                      .c = {out + i * m * n, n, 1}});
                     }
                   });
    });
  }
  GradientTape::record("batch_matmul", {a, b}, {c}, [=](const Tensors& g) {
    return Tensors{
        transpose_a ? batch_matmul(b, g[0], transpose_b, true) : batch_matmul(g[0], b, false, !transpose_b),
        transpose_b ? batch_matmul(g[0], a, true, transpose_a) : batch_matmul(a, g[0], !transpose_a, false)};
  });
  return c;
}

}  // namespace sepal::ops
