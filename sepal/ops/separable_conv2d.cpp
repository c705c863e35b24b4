#include "sepal/kernels/separable_conv2d.h"

#include <fmt/format.h>

#include <limits>
#include <type_traits>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/conv2d_direct.h"
#include "sepal/kernels/scratch.h"
#include "sepal/kernels/separable_two_steps.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/conv_gradients.h"
#include "sepal/ops/depthwise_window.h"
#include "sepal/ops/half.h"
#include "sepal/ops/implementations.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/separable_costs.h"

namespace sepal::ops {
namespace {

using kernels::Window2D;

constexpr const char* kSeparable = "separable_conv2d";
constexpr const char* kSeparableGradient = "gradient of separable_conv2d";

/// The operands, or their gradients; what is absent or not wanted is not defined.
struct SeparableOperands {
  Tensor x, depthwise, pointwise, bias;
};

enum class SeparableWay { fused, dense, split, onednn, reference };

template <class T>
SeparableWay choose_forward(const Window2D& window, bool with_bias) {
  const std::string problem = tracing_kernels() ? describe(window) : std::string();
  if constexpr (!std::is_same_v<T, float>) {
    // The others have nothing to say to the trace but that.
    (void)choose_implementation(kSeparable, {{"fused", kOnlyFloat32}, {"reference", kAccepts}}, problem);
    return SeparableWay::reference;
  } else {
    const SeparableCosts costs = separable_costs(window);
    constexpr double kPlainLoops = std::numeric_limits<double>::infinity();
    // To know whether oneDNN serves, its primitives have to be made: only where it may be the one to run, or
    // somebody asks.
    const bool asks_onednn = costs.onednn < costs.fused || implementation_is_forced() || tracing_kernels();
    const Refusal onednn =
        asks_onednn ? kernels::separable_conv2d_onednn_refusal(window, with_bias) : Refusal("costs more");
    return static_cast<SeparableWay>(choose_implementation(
        kSeparable,
        {{"fused", kAccepts, costs.fused},
         {"dense", kernels::conv2d_direct_refusal(kernels::collapsed_window(window)), costs.dense},
         {"split", kAccepts, costs.split},
         {"onednn", onednn, costs.onednn},
         {"reference", kAccepts, kPlainLoops}},
        problem));
  }
}

/// Whether the fused kernel runs backwards rather than the reference.
template <class T>
bool choose_fused_gradient(const Window2D& window) {
  constexpr Refusal kRefusal = std::is_same_v<T, float> ? kAccepts : kOnlyFloat32;
  return choose_implementation(kSeparableGradient, {{"fused", kRefusal}, {"reference", kAccepts}},
                               tracing_kernels() ? describe(window) : std::string()) == 0;
}

const float* data_or_null(const Tensor& tensor) { return tensor.defined() ? tensor.data<float>() : nullptr; }

/// The fused kernel with weights that the layer keeps.
void run_kept_separable(const Window2D& window, const SeparableOperands& in, const KeptWeights& kept,
                        Tensor& y) {
  const auto pack = [&](float* memory) {
    return kernels::pack_separable(window,
                                   {.depthwise = in.depthwise.data<float>(),
                                    .pointwise = in.pointwise.data<float>(),
                                    .bias = data_or_null(in.bias)},
                                   memory);
  };
  const auto memory = kept.cache->find(kept.versions, kernels::separable_panel_columns(),
                                       kernels::packed_separable_floats(window), pack);
  kernels::separable_conv2d_fused(window, in.x.data<float>(),
                                  kernels::packed_separable(window, in.bias.defined(), false,
                                                            reinterpret_cast<const float*>(memory.get())),
                                  {}, y.mutable_data<float>());
}

/// An ordinary convolution with both kernels in one, which the layer keeps if it can.
void run_dense(const Window2D& window, const SeparableOperands& in, const KeptWeights& kept, Tensor& y) {
  const Window2D collapsed = kernels::collapsed_window(window);
  const std::int64_t floats = kernels::packed_conv2d_floats(collapsed);
  const auto pack = [&](float* memory) {
    Tensor kernel({window.kernel_h, window.kernel_w, window.in_c, window.out_c});
    kernels::collapse_kernels(window, in.depthwise.data<float>(), in.pointwise.data<float>(),
                              kernel.mutable_data<float>());
    return kernels::pack_conv2d(collapsed, kernel.data<float>(), data_or_null(in.bias), memory);
  };
  const auto run = [&](const kernels::PackedConv2D& packed) {
    kernels::conv2d_direct(collapsed, in.x.data<float>(), packed, {}, y.mutable_data<float>());
  };
  if (kept.cache == nullptr) {
    return run(pack(kernels::thread_scratch(kernels::ScratchUse::shared, floats)));
  }
  // Below zero, to tell it from the fused kernel's layouts.
  const auto memory = kept.cache->find(kept.versions, -kernels::separable_panel_columns(), floats, pack);
  run(kernels::packed_conv2d(collapsed, in.bias.defined(), reinterpret_cast<const float*>(memory.get())));
}

template <class T>
void run_separable(const Window2D& window, const SeparableOperands& in, const KeptWeights& kept, Tensor& y) {
  const SeparableWay chosen = choose_forward<T>(window, in.bias.defined());
  const kernels::SeparableForward<T> arrays{.x = in.x.data<T>(),
                                            .depthwise = in.depthwise.data<T>(),
                                            .pointwise = in.pointwise.data<T>(),
                                            .bias = in.bias.defined() ? in.bias.data<T>() : nullptr,
                                            .y = y.mutable_data<T>()};
  if constexpr (std::is_same_v<T, float>) {
    switch (chosen) {
      case SeparableWay::fused:
        return kept.cache != nullptr ? run_kept_separable(window, in, kept, y)
                                     : kernels::separable_conv2d_fused(window, arrays);
      case SeparableWay::dense:
        return run_dense(window, in, kept, y);
      case SeparableWay::split:
        return kernels::separable_conv2d_split(window, arrays);
      case SeparableWay::onednn:
        return kernels::separable_conv2d_onednn(window, arrays);
      case SeparableWay::reference:
        break;
    }
  }
  kernels::separable_conv2d_reference(window, arrays);
}

template <class T>
void run_separable_backward(const Window2D& window, const SeparableOperands& in, const Tensor& dy,
                            SeparableOperands& gradients) {
  const auto data = [](Tensor& gradient) {
    return gradient.defined() ? gradient.mutable_data<T>() : nullptr;
  };
  const kernels::SeparableBackward<T> arrays{.x = in.x.data<T>(),
                                             .depthwise = in.depthwise.data<T>(),
                                             .pointwise = in.pointwise.data<T>(),
                                             .dy = dy.data<T>(),
                                             .dx = data(gradients.x),
                                             .ddepthwise = data(gradients.depthwise),
                                             .dpointwise = data(gradients.pointwise),
                                             .dbias = data(gradients.bias)};
  const bool fused = choose_fused_gradient<T>(window);
  if constexpr (std::is_same_v<T, float>) {
    if (fused) return kernels::separable_conv2d_backward_fused(window, arrays);
  }
  kernels::separable_conv2d_backward_reference(window, arrays);
}

/// @throws ValueError if the pointwise kernel is not (1, 1, channels, filters) with filters above 0.
void expect_pointwise_shape(const Shape& shape, std::int64_t channels) {
  if (shape.rank() == 4 && shape[0] == 1 && shape[1] == 1 && shape[2] == channels && shape[3] > 0) return;
  throw ValueError(
      fmt::format("{}: argument `pointwise_kernel` must have shape (1, 1, {}, filters), where {} is "
                  "in_channels * depth_multiplier. Received: pointwise_kernel.shape={}",
                  kSeparable, channels, channels, shape.str()));
}

}  // namespace

Tensor separable_conv2d(const Tensor& x, const Tensor& depthwise_kernel, const Tensor& pointwise_kernel,
                        const Tensor& bias, const Conv2DOptions& options) {
  const SeparableOperands in{x, depthwise_kernel, pointwise_kernel, bias};
  expect_one_computable_dtype(kSeparable, {{"x", x},
                                           {"depthwise_kernel", depthwise_kernel},
                                           {"pointwise_kernel", pointwise_kernel},
                                           {"bias", bias}});
  if (is_half(x.dtype())) {
    return in_float32([&](const auto&... wide) { return separable_conv2d(wide..., options); }, x,
                      depthwise_kernel, pointwise_kernel, bias);
  }
  Window2D window = depthwise_window(kSeparable, "depthwise_kernel", x, depthwise_kernel, options);
  expect_pointwise_shape(pointwise_kernel.shape(), window.out_c);
  window.out_c = pointwise_kernel.shape()[3];
  expect_bias_shape(kSeparable, bias, window.out_c);

  Tensor y(output_shape(window), x.dtype());
  const auto compute = x.dtype() == DType::float64 ? run_separable<double> : run_separable<float>;
  const Tensors operands{x, depthwise_kernel, pointwise_kernel, bias};
  const bool recording = GradientTape::is_recording(operands);
  compute(window, in, recording ? KeptWeights{} : options.kept, y);

  if (recording) {
    const std::vector<bool> wanted = followed({x, depthwise_kernel, pointwise_kernel, bias});
    GradientTape::record(kSeparable, operands, {y}, [window, in, wanted](const Tensors& output_gradients) {
      const Tensor& dy = output_gradients[0];
      SeparableOperands gradients{gradient_slot(in.x, wanted[0]), gradient_slot(in.depthwise, wanted[1]),
                                  gradient_slot(in.pointwise, wanted[2]), gradient_slot(in.bias, wanted[3])};
      const auto differentiate =
          dy.dtype() == DType::float64 ? run_separable_backward<double> : run_separable_backward<float>;
      differentiate(window, in, dy, gradients);
      const Tensors results{gradients.x, gradients.depthwise, gradients.pointwise, gradients.bias};
      record_once_differentiable(kSeparableGradient, {in.x, in.depthwise, in.pointwise, dy}, results);
      return results;
    });
  }
  return y;
}

}  // namespace sepal::ops
