// Matrix product by one thread on strided matrices, for any layout: transposed operands, channels of images,
// every second pixel of a row. The building block of the reference matmul and convolution.
#pragma once

#include <cstdint>
#include <type_traits>

namespace sepal::kernels {

/// Element (i, j) is data[i * row_stride + j * col_stride].
template <class T>
struct StridedMatrix {
  T* data = nullptr;
  std::int64_t row_stride = 0;
  std::int64_t col_stride = 1;

  StridedMatrix transposed() const { return {data, col_stride, row_stride}; }
  operator StridedMatrix<const T>() const requires(!std::is_const_v<T>) {
    return {data, row_stride, col_stride};
  }
};

/// c (m, n) = a (m, k) b (k, n), or c += a b when `accumulate`.
template <class T>
struct GemmProblem {
  std::int64_t m = 0, n = 0, k = 0;
  StridedMatrix<const T> a;
  StridedMatrix<const T> b;
  StridedMatrix<T> c;
  bool accumulate = false;
};

/// k is at least 1. The terms of an element are added in the order of k.
void gemm(const GemmProblem<float>& problem);
void gemm(const GemmProblem<double>& problem);

}  // namespace sepal::kernels
