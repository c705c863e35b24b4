// Matrix product on all threads: cuts the problem into parts, each computed by a single-threaded gemm.
#pragma once

#include "sepal/kernels/gemm.h"

namespace sepal::kernels {

/// c (m, n) = a (m, k) b (k, n) + bias (n); row-major. Transposed, a is stored (k, m) and b (n, k).
struct MatmulSizes {
  std::int64_t m = 0, n = 0, k = 0;
  bool transpose_a = false, transpose_b = false;
};

/// The single-threaded product of a part: `gemm` or `onednn::gemm`.
template <class T>
using Gemm = void (*)(const GemmProblem<T>& problem);

/// bias may be null. Instantiated for float and double.
template <class T>
void matmul(const MatmulSizes& sizes, const T* a, const T* b, const T* bias, T* c, Gemm<T> gemm);

}  // namespace sepal::kernels
