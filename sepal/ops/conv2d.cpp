#include "sepal/kernels/conv2d.h"

#include <fmt/format.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/conv2d_direct.h"
#include "sepal/kernels/onednn.h"
#include "sepal/kernels/scratch.h"
#include "sepal/ops/array.h"
#include "sepal/ops/channel_sum.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/conv2d_gradients.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/half.h"
#include "sepal/ops/implementations.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

using kernels::Window2D;

constexpr Refusal kNotPointwise = "not a 1x1 kernel of stride 1 on channels_last images";

Window2D window_of(const Tensor& x, const Tensor& kernel, const Tensor& bias, const Conv2DOptions& options) {
  expect_one_computable_dtype("conv2d", {{"x", x}, {"kernel", kernel}, {"bias", bias}});
  if (kernel.rank() != 4) {
    throw ValueError(fmt::format("conv2d: argument `kernel` must have rank 4. Received: kernel.shape={}",
                                 kernel.shape().str()));
  }
  const Shape& k = kernel.shape();
  const Window2D window = conv_window(x.shape(), k[0], k[1], k[3], options);
  const std::int64_t groups = options.groups;
  if (groups < 1) {
    throw ValueError(fmt::format(
        "Invalid value for argument `groups`. Expected a strictly positive value. Received: groups={}",
        groups));
  }
  if (window.in_c != k[2] * groups) {
    throw ValueError(
        fmt::format("conv2d: the number of input channels must be the kernel's ({}) times the number of "
                    "groups ({}). Received: x.shape={}, kernel.shape={}",
                    k[2], groups, x.shape().str(), k.str()));
  }
  if (window.out_c % groups != 0) {
    throw ValueError(
        fmt::format("conv2d: the number of filters must be evenly divisible by the number of groups. "
                    "Received: groups={}, kernel.shape={}",
                    groups, k.str()));
  }
  expect_bias_shape("conv2d", bias, window.out_c);
  return window;
}

Refusal pointwise_refusal(const Window2D& w) {
  const bool is_pointwise = w.kernel_h == 1 && w.kernel_w == 1 && w.stride_h == 1 && w.stride_w == 1 &&
                            w.groups == 1 && !w.channels_first;
  return is_pointwise ? kAccepts : kNotPointwise;
}

std::string problem_text(const Window2D& window) {
  return tracing_kernels() ? describe(window) : std::string();
}

Shape kernel_shape(const Window2D& w) { return {w.kernel_h, w.kernel_w, w.in_c / w.groups, w.out_c}; }

enum class Implementation { matmul, direct, onednn, reference };

Implementation choose_forward(const Window2D& window, bool is_double, bool with_bias) {
  const Refusal onednn = is_double ? kOnlyFloat32 : kernels::onednn::conv2d_refusal(window, with_bias);
  Refusal direct = is_double ? kOnlyFloat32 : kernels::conv2d_direct_refusal(window);
  // 5x5x1 -> 64: 0.9 of oneDNN's speed, 3x3x3 -> 64 on 224x224: 0.7; up to 32 filters 1 to 1.5.
  if (direct.empty() && onednn.empty() && window.out_c > 32) direct = "more than 32 filters";
  return static_cast<Implementation>(choose_implementation("conv2d",
                                                           {{"matmul", pointwise_refusal(window)},
                                                            {"direct", direct},
                                                            {"onednn", onednn},
                                                            {"reference", kAccepts}},
                                                           problem_text(window)));
}

void run_direct(const Window2D& window, const float* x, const float* kernel, const float* bias, float* y) {
  float* memory = kernels::thread_scratch(kernels::ScratchUse::shared, kernels::packed_conv2d_floats(window));
  kernels::conv2d_direct(window, x, kernels::pack_conv2d(window, kernel, bias, memory), {}, y);
}

// Of those that take the kernel as it is.
auto run_of(Implementation chosen) {
  switch (chosen) {
    case Implementation::direct:
      return run_direct;
    case Implementation::onednn:
      return kernels::onednn::conv2d;
    default:
      return kernels::conv2d<float>;
  }
}

// oneDNN with a kernel that the layer keeps in oneDNN's layout: to reorder one of 3x3x1024x1024 takes as long
// as to convolve an image of 7x7 with it.
void run_kept_onednn(const Window2D& window, const Tensor& x, const Tensor& kernel, const Tensor& bias,
                     const KeptWeights& kept, Tensor& y) {
  struct Prepared {
    Tensor kernel, bias;  // may be read where they are
    kernels::onednn::PreparedConv2D convolution;
  };
  const auto prepared = std::static_pointer_cast<const Prepared>(kept.cache->find(kept.versions, window, [&] {
    const float* bias_data = bias.defined() ? bias.data<float>() : nullptr;
    return std::shared_ptr<const Prepared>(
        new Prepared{kernel, bias, {window, kernel.data<float>(), bias_data}});
  }));
  prepared->convolution.run(x.data<float>(), y.mutable_data<float>());
}

// Whether oneDNN computes a gradient.
bool onednn_serves(const char* op, const Window2D& window, bool is_double,
                   Refusal (*onednn_refusal)(const Window2D&)) {
  const Refusal onednn = is_double ? kOnlyFloat32 : onednn_refusal(window);
  return choose_implementation(op, {{"onednn", onednn}, {"reference", kAccepts}}, problem_text(window)) == 0;
}

Tensor convolve(const Tensor& x, const Tensor& kernel, const Tensor& bias, const Window2D& window,
                const KeptWeights& kept = {}) {
  const bool is_double = x.dtype() == DType::float64;
  const Implementation chosen = choose_forward(window, is_double, bias.defined());
  if (chosen == Implementation::matmul) return dense(x, reshape(kernel, {window.in_c, window.out_c}), bias);

  Tensor y(output_shape(window), x.dtype());
  if (is_double) {
    kernels::conv2d<double>(window, x.data<double>(), kernel.data<double>(),
                            bias.defined() ? bias.data<double>() : nullptr, y.mutable_data<double>());
  } else if (chosen == Implementation::onednn && kept.cache != nullptr &&
             !GradientTape::is_recording({x, kernel, bias})) {
    run_kept_onednn(window, x, kernel, bias, kept, y);
  } else {
    run_of(chosen)(window, x.data<float>(), kernel.data<float>(),
                   bias.defined() ? bias.data<float>() : nullptr, y.mutable_data<float>());
  }
  if (GradientTape::is_recording({x, kernel, bias})) {
    const bool needs_x = GradientTape::is_recording({x});
    const bool needs_kernel = GradientTape::is_recording({kernel});
    const bool needs_bias = GradientTape::is_recording({bias});
    GradientTape::record("conv2d", {x, kernel, bias}, {y}, [=](const Tensors& g) {
      return Tensors{needs_x ? conv2d_input_gradient(g[0], kernel, window) : Tensor(),
                     needs_kernel ? conv2d_kernel_gradient(x, g[0], window) : Tensor(),
                     needs_bias ? channel_sum(g[0], window.channels_first ? 1 : 3) : Tensor()};
    });
  }
  return y;
}

}  // namespace

Tensor conv2d(const Tensor& x, const Tensor& kernel, const Tensor& bias, const Conv2DOptions& options) {
  const Window2D window = window_of(x, kernel, bias, options);
  if (is_half(x.dtype())) {
    return in_float32([&](const auto&... wide) { return convolve(wide..., window, options.kept); }, x, kernel,
                      bias);
  }
  return convolve(x, kernel, bias, window, options.kept);
}

Tensor conv2d_input_gradient(const Tensor& dy, const Tensor& kernel, const Window2D& window) {
  constexpr const char* kOp = "gradient of conv2d by its input";
  const bool is_double = dy.dtype() == DType::float64;
  Tensor dx(input_shape(window), dy.dtype());
  const bool use_onednn =
      onednn_serves(kOp, window, is_double, kernels::onednn::conv2d_backward_input_refusal);
  if (is_double) {
    kernels::conv2d_backward_input<double>(window, dy.data<double>(), kernel.data<double>(),
                                           dx.mutable_data<double>());
  } else {
    const auto run =
        use_onednn ? kernels::onednn::conv2d_backward_input : kernels::conv2d_backward_input<float>;
    run(window, dy.data<float>(), kernel.data<float>(), dx.mutable_data<float>());
  }
  GradientTape::record(kOp, {dy, kernel}, {dx}, [=](const Tensors& g) {
    return Tensors{convolve(g[0], kernel, Tensor(), window), conv2d_kernel_gradient(g[0], dy, window)};
  });
  return dx;
}

Tensor conv2d_kernel_gradient(const Tensor& x, const Tensor& dy, const Window2D& window) {
  constexpr const char* kOp = "gradient of conv2d by its kernel";
  const bool is_double = x.dtype() == DType::float64;
  Tensor dkernel(kernel_shape(window), x.dtype());
  const bool use_onednn =
      onednn_serves(kOp, window, is_double, kernels::onednn::conv2d_backward_kernel_refusal);
  if (is_double) {
    kernels::conv2d_backward_kernel<double>(window, x.data<double>(), dy.data<double>(),
                                            dkernel.mutable_data<double>());
  } else {
    const auto run =
        use_onednn ? kernels::onednn::conv2d_backward_kernel : kernels::conv2d_backward_kernel<float>;
    run(window, x.data<float>(), dy.data<float>(), dkernel.mutable_data<float>());
  }
  GradientTape::record(kOp, {x, dy}, {dkernel}, [=](const Tensors& g) {
    return Tensors{conv2d_input_gradient(dy, g[0], window), convolve(x, g[0], Tensor(), window)};
  });
  return dkernel;
}

}  // namespace sepal::ops
