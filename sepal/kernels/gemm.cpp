#include "sepal/kernels/gemm.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/gemm-inl.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sepal/kernels/gemm-inl.h"

namespace sepal::kernels {

HWY_EXPORT(gemm_f32);
HWY_EXPORT(gemm_f64);

namespace {

// The product whose result has contiguous rows: c^T = b^T a^T.
template <class T>
GemmProblem<T> with_contiguous_rows(const GemmProblem<T>& p) {
  if (p.c.col_stride == 1 || p.c.row_stride != 1) return p;
  return {p.n, p.m, p.k, p.b.transposed(), p.a.transposed(), p.c.transposed(), p.accumulate};
}

}  // namespace

void gemm(const GemmProblem<float>& problem) {
  HWY_DYNAMIC_DISPATCH(gemm_f32)(with_contiguous_rows(problem));
}
void gemm(const GemmProblem<double>& problem) {
  HWY_DYNAMIC_DISPATCH(gemm_f64)(with_contiguous_rows(problem));
}

}  // namespace sepal::kernels
