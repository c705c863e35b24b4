// oneDNN behind plain pointers, float32 only. In a build without it (onednn_stub.cpp) everything refuses.
//
// oneDNN chooses algorithms and the order of additions by the number of threads, so it only ever runs with
// one, on slices that depend on the sizes alone; sums over slices are added in order.
#pragma once

#include <memory>
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

/// A convolution whose kernel is brought into oneDNN's layout once instead of at each call. Several threads
/// may run one.
class PreparedConv2D {
 public:
  /// For a window that conv2d_refusal accepts. `kernel` and `bias`, which may be null, must outlive it.
  PreparedConv2D(const Window2D& window, const float* kernel, const float* bias);
  ~PreparedConv2D();
  PreparedConv2D(const PreparedConv2D&) = delete;
  PreparedConv2D& operator=(const PreparedConv2D&) = delete;

  /// The bits of conv2d.
  void run(const float* x, float* y) const;

 private:
  struct State;
  std::unique_ptr<const State> state_;
};

/// As the functions of the same names in conv2d.h.
void conv2d(const Window2D& window, const float* x, const float* kernel, const float* bias, float* y);
void conv2d_backward_input(const Window2D& window, const float* dy, const float* kernel, float* dx);
void conv2d_backward_kernel(const Window2D& window, const float* x, const float* dy, float* dkernel);

}  // namespace sepal::kernels::onednn
