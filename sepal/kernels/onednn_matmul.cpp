#include <algorithm>
#include <dnnl.hpp>

#include "sepal/kernels/onednn.h"

namespace sepal::kernels::onednn {
namespace {

struct Layout {
  char transposed;
  dnnl_dim_t
      stride;  // between the contiguous lines; oneDNN wants at least their length, even if there is one
};

Layout layout_of(const StridedMatrix<const float>& matrix, std::int64_t rows, std::int64_t cols) {
  if (matrix.col_stride == 1 && (matrix.row_stride >= cols || rows == 1)) {
    return {'N', std::max(matrix.row_stride, cols)};
  }
  return {'T', std::max(matrix.col_stride, rows)};
}

}  // namespace

std::string_view matmul_refusal() { return {}; }

void gemm(const GemmProblem<float>& problem) {
  const auto& [m, n, k, a, b, c, accumulate] = problem;
  const Layout a_layout = layout_of(a, m, k);
  const Layout b_layout = layout_of(b, k, n);
  const dnnl::status status =
      dnnl::sgemm(a_layout.transposed, b_layout.transposed, m, n, k, 1.0F, a.data, a_layout.stride, b.data,
                  b_layout.stride, accumulate ? 1.0F : 0.0F, c.data, std::max(c.row_stride, n));
  if (status != dnnl::status::success) kernels::gemm(problem);  // no memory for its packed copies
}

}  // namespace sepal::kernels::onednn
