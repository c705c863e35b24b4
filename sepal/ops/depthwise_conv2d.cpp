#include "sepal/kernels/depthwise_conv2d.h"

#include <type_traits>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/conv_gradients.h"
#include "sepal/ops/depthwise_window.h"
#include "sepal/ops/half.h"
#include "sepal/ops/implementations.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

using kernels::Window2D;

constexpr const char* kDepthwise = "depthwise_conv2d";
constexpr const char* kDepthwiseGradient = "gradient of depthwise_conv2d";

/// The operands, or their gradients; what is absent or not wanted is not defined.
struct DepthwiseOperands {
  Tensor x, kernel, bias;
};

/// Whether the SIMD kernel runs rather than the reference.
template <class T>
bool choose_simd(const char* op, const Window2D& window) {
  constexpr Refusal kRefusal = std::is_same_v<T, float> ? kAccepts : "only float32";
  return choose_implementation(op, {{"simd", kRefusal}, {"reference", kAccepts}},
                               tracing_kernels() ? describe(window) : std::string()) == 0;
}

/// The SIMD kernel with weights that the layer keeps.
void run_kept_depthwise(const Window2D& window, const DepthwiseOperands& in, const KeptWeights& kept,
                        Tensor& y) {
  const float* bias = in.bias.defined() ? in.bias.data<float>() : nullptr;
  const auto pack = [&](float* memory) {
    kernels::pack_depthwise(window, in.kernel.data<float>(), bias, memory);
  };
  const auto memory = kept.cache->find(kept.versions, 0, kernels::packed_depthwise_floats(window), pack);
  kernels::depthwise_conv2d_simd(
      window, in.x.data<float>(),
      kernels::packed_depthwise(window, bias != nullptr, reinterpret_cast<const float*>(memory.get())), {},
      y.mutable_data<float>());
}

template <class T>
void run_depthwise(const Window2D& window, const DepthwiseOperands& in, const KeptWeights& kept, Tensor& y) {
  const bool simd = choose_simd<T>(kDepthwise, window);
  if constexpr (std::is_same_v<T, float>) {
    if (simd && kept.cache != nullptr) return run_kept_depthwise(window, in, kept, y);
  }
  const kernels::DepthwiseForward<T> arrays{.x = in.x.data<T>(),
                                            .kernel = in.kernel.data<T>(),
                                            .bias = in.bias.defined() ? in.bias.data<T>() : nullptr,
                                            .y = y.mutable_data<T>()};
  if constexpr (std::is_same_v<T, float>) {
    if (simd) return kernels::depthwise_conv2d_simd(window, arrays);
  }
  kernels::depthwise_conv2d_reference(window, arrays);
}

template <class T>
void run_depthwise_backward(const Window2D& window, const DepthwiseOperands& in, const Tensor& dy,
                            DepthwiseOperands& gradients) {
  const auto data = [](Tensor& gradient) {
    return gradient.defined() ? gradient.mutable_data<T>() : nullptr;
  };
  const kernels::DepthwiseBackward<T> arrays{.x = in.x.data<T>(),
                                             .kernel = in.kernel.data<T>(),
                                             .dy = dy.data<T>(),
                                             .dx = data(gradients.x),
                                             .dkernel = data(gradients.kernel),
                                             .dbias = data(gradients.bias)};
  const bool simd = choose_simd<T>(kDepthwiseGradient, window);
  if constexpr (std::is_same_v<T, float>) {
    if (simd) return kernels::depthwise_conv2d_backward_simd(window, arrays);
  }
  kernels::depthwise_conv2d_backward_reference(window, arrays);
}

}  // namespace

Tensor depthwise_conv2d(const Tensor& x, const Tensor& kernel, const Tensor& bias,
                        const Conv2DOptions& options) {
  expect_one_computable_dtype(kDepthwise, {{"x", x}, {"kernel", kernel}, {"bias", bias}});
  if (is_half(x.dtype())) {
    return in_float32([&](const auto&... wide) { return depthwise_conv2d(wide..., options); }, x, kernel,
                      bias);
  }
  const Window2D window = depthwise_window(kDepthwise, "kernel", x, kernel, options);
  expect_bias_shape(kDepthwise, bias, window.out_c);

  const DepthwiseOperands in{x, kernel, bias};
  Tensor y(output_shape(window), x.dtype());
  const auto compute = x.dtype() == DType::float64 ? run_depthwise<double> : run_depthwise<float>;
  const bool recording = GradientTape::is_recording({x, kernel, bias});
  compute(window, in, recording ? KeptWeights{} : options.kept, y);

  if (recording) {
    const std::vector<bool> wanted = followed({x, kernel, bias});
    GradientTape::record(
        kDepthwise, {x, kernel, bias}, {y}, [window, in, wanted](const Tensors& output_gradients) {
          const Tensor& dy = output_gradients[0];
          DepthwiseOperands gradients{gradient_slot(in.x, wanted[0]), gradient_slot(in.kernel, wanted[1]),
                                      gradient_slot(in.bias, wanted[2])};
          const auto differentiate =
              dy.dtype() == DType::float64 ? run_depthwise_backward<double> : run_depthwise_backward<float>;
          differentiate(window, in, dy, gradients);
          const Tensors results{gradients.x, gradients.kernel, gradients.bias};
          record_once_differentiable(kDepthwiseGradient, {in.x, in.kernel, dy}, results);
          return results;
        });
  }
  return y;
}

}  // namespace sepal::ops
