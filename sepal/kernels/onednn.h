// oneDNN behind plain pointers, float32 only. In a build without it (onednn_stub.cpp) everything refuses.
//
// oneDNN chooses algorithms and the order of additions by the number of threads, so it only ever runs with
// one, on slices that depend on the sizes alone; sums over slices are added in order.
#pragma once

#include <string_view>

#include "sepal/kernels/gemm.h"
#include "sepal/kernels/geometry.h"

namespace sepal::kernels::onednn {

/// Why oneDNN does not serve; empty: it does.
std::string_view matmul_refusal();
std::string_view conv2d_refusal(const Window2D& window, bool with_bias);
std::string_view conv2d_backward_input_refusal(const Window2D& window);
std::string_view conv2d_backward_kernel_refusal(const Window2D& window);

/// By one thread. The rows or the columns of each matrix must be contiguous.
void gemm(const GemmProblem<float>& problem);

/// As the functions of the same names in conv2d.h.
void conv2d(const Window2D& window, const float* x, const float* kernel, const float* bias, float* y);
void conv2d_backward_input(const Window2D& window, const float* dy, const float* kernel, float* dx);
void conv2d_backward_kernel(const Window2D& window, const float* x, const float* dy, float* dkernel);

}  // namespace sepal::kernels::onednn
