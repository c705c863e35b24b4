#include "sepal/kernels/onednn.h"

namespace sepal::kernels::onednn {
namespace {

constexpr std::string_view kAbsent = "built without oneDNN";

}  // namespace

std::string_view matmul_refusal() { return kAbsent; }
std::string_view conv2d_refusal(const Window2D&, bool) { return kAbsent; }
std::string_view conv2d_backward_input_refusal(const Window2D&) { return kAbsent; }
std::string_view conv2d_backward_kernel_refusal(const Window2D&) { return kAbsent; }

// Never called: what refuses is not run.
void gemm(const GemmProblem<float>&) {}
struct PreparedConv2D::State {};
PreparedConv2D::PreparedConv2D(const Window2D&, const float*, const float*) {}
PreparedConv2D::~PreparedConv2D() = default;
void PreparedConv2D::run(const float*, float*) const {}
void conv2d(const Window2D&, const float*, const float*, const float*, float*) {}
void conv2d_backward_input(const Window2D&, const float*, const float*, float*) {}
void conv2d_backward_kernel(const Window2D&, const float*, const float*, float*) {}

}  // namespace sepal::kernels::onednn
