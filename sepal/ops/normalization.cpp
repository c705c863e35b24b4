#include "sepal/ops/normalization.h"

#include <fmt/format.h>

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/batch_norm.h"
#include "sepal/ops/channel_sum.h"
#include "sepal/ops/conv_gradients.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

using kernels::ChannelLayout;

int checked_axis(const char* op, const Tensor& x, int axis, std::initializer_list<Operand> per_channel) {
  const int channel_axis = normalize_axis(axis, x.rank());
  const Shape wanted{x.shape()[channel_axis]};
  for (const Operand& operand : per_channel) {
    if (!operand.tensor.defined() || operand.tensor.shape() == wanted) continue;
    throw ValueError(
        fmt::format("{}: argument `{}` must have shape {}, the length of axis {} of x. Received: "
                    "{}.shape={}, x.shape={}",
                    op, operand.name, wanted.str(), channel_axis, operand.name, operand.tensor.shape().str(),
                    x.shape().str()));
  }
  return channel_axis;
}

Tensor inverse_deviation_of(const Tensor& variance, double epsilon) {
  Tensor result(variance.shape(), variance.dtype());
  dispatch_float(variance.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* in = variance.data<T>();
    T* out = result.mutable_data<T>();
    for (std::int64_t c = 0; c < variance.num_elements(); ++c) {
      out[c] = static_cast<T>(1.0 / std::sqrt(static_cast<double>(in[c]) + epsilon));
    }
  });
  return result;
}

// a * b channel by channel; b not defined: a.
Tensor product(const Tensor& a, const Tensor& b) {
  if (!b.defined()) return a;
  Tensor result(a.shape(), a.dtype());
  dispatch_float(a.dtype(), [&](auto type) {
    using T = decltype(type);
    T* out = result.mutable_data<T>();
    for (std::int64_t c = 0; c < a.num_elements(); ++c) out[c] = a.data<T>()[c] * b.data<T>()[c];
  });
  return result;
}

Tensor apply(const Tensor& x, const ChannelLayout& layout, const Tensor& mean, const Tensor& scale,
             const Tensor& beta) {
  Tensor y(x.shape(), x.dtype());
  const Tensor shift = beta.defined() ? beta : Tensor::zeros(mean.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::batch_norm_apply(layout, x.data<T>(), mean.data<T>(), scale.data<T>(), shift.data<T>(),
                              y.mutable_data<T>());
  });
  return y;
}

// What the backward functions of both modes need.
struct Saved {
  ChannelLayout layout;
  Tensor x, mean, inverse_deviation, scale, gamma;
  bool needs_x, needs_gamma, needs_beta;
  bool by_own_statistics;
};

Tensors backward(const Saved& saved, const Tensor& dy) {
  const ChannelLayout& layout = saved.layout;
  Tensor dx = gradient_slot(saved.x, saved.needs_x);
  Tensor dy_sums(saved.mean.shape(), dy.dtype());
  Tensor products(saved.mean.shape(), dy.dtype());
  dispatch_float(dy.dtype(), [&](auto type) {
    using T = decltype(type);
    if (saved.needs_gamma || (saved.needs_x && saved.by_own_statistics)) {
      kernels::batch_norm_gradient_sums(layout, saved.x.data<T>(), dy.data<T>(), saved.mean.data<T>(),
                                        dy_sums.mutable_data<T>(), products.mutable_data<T>());
    } else if (saved.needs_beta) {
      kernels::channel_sums(layout, dy.data<T>(), dy_sums.mutable_data<T>());
    }
    if (!saved.needs_x) return;
    if (saved.by_own_statistics) {
      kernels::batch_norm_input_gradient(layout, saved.x.data<T>(), dy.data<T>(), saved.mean.data<T>(),
                                         saved.inverse_deviation.data<T>(), saved.scale.data<T>(),
                                         dy_sums.data<T>(), products.data<T>(), dx.mutable_data<T>());
    } else {
      const Tensor zeros = Tensor::zeros(saved.mean.shape(), dy.dtype());
      kernels::batch_norm_apply(layout, dy.data<T>(), zeros.data<T>(), saved.scale.data<T>(), zeros.data<T>(),
                                dx.mutable_data<T>());
    }
  });
  const Tensors gradients{dx, saved.needs_gamma ? product(products, saved.inverse_deviation) : Tensor(),
                          saved.needs_beta ? dy_sums : Tensor()};
  record_once_differentiable("gradient of batch_norm", {saved.x, saved.gamma, dy}, gradients);
  return gradients;
}

Tensor normalize(const char* op, const Tensor& x, const ChannelLayout& layout, const Tensor& mean,
                 const Tensor& variance, const Tensor& gamma, const Tensor& beta, double epsilon,
                 bool by_own_statistics) {
  const Tensor inverse_deviation = inverse_deviation_of(variance, epsilon);
  const Tensor scale = product(inverse_deviation, gamma);
  Tensor y = apply(x, layout, mean, scale, beta);
  if (GradientTape::is_recording({x, gamma, beta})) {
    const std::vector<bool> needs = followed({x, gamma, beta});
    const Saved saved{layout, x,        mean,     inverse_deviation, scale,
                      gamma,  needs[0], needs[1], needs[2],          by_own_statistics};
    GradientTape::record(op, {x, gamma, beta}, {y},
                         [saved](const Tensors& g) { return backward(saved, g[0]); });
  }
  return y;
}

}  // namespace

BatchNormResult batch_norm_training(const Tensor& x, const Tensor& gamma, const Tensor& beta, int axis,
                                    double epsilon) {
  constexpr const char* kOp = "batch_norm_training";
  expect_one_computable_dtype(kOp, {{"x", x}, {"gamma", gamma}, {"beta", beta}});
  if (is_half(x.dtype())) {
    const BatchNormResult wide =
        batch_norm_training(widened(x), widened(gamma), widened(beta), axis, epsilon);
    return {cast(wide.output, x.dtype()), cast(wide.mean, x.dtype()), cast(wide.variance, x.dtype())};
  }
  const int channel_axis = checked_axis(kOp, x, axis, {{"gamma", gamma}, {"beta", beta}});
  const ChannelLayout layout = channel_layout(x.shape(), channel_axis);
  BatchNormResult result{Tensor(), Tensor({layout.channels}, x.dtype()),
                         Tensor({layout.channels}, x.dtype())};
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::channel_moments(layout, x.data<T>(), result.mean.mutable_data<T>(),
                             result.variance.mutable_data<T>());
  });
  result.output = normalize(kOp, x, layout, result.mean, result.variance, gamma, beta, epsilon, true);
  return result;
}

Tensor batch_norm_inference(const Tensor& x, const Tensor& mean, const Tensor& variance, const Tensor& gamma,
                            const Tensor& beta, int axis, double epsilon) {
  constexpr const char* kOp = "batch_norm_inference";
  expect_one_computable_dtype(
      kOp, {{"x", x}, {"mean", mean}, {"variance", variance}, {"gamma", gamma}, {"beta", beta}});
  if (is_half(x.dtype())) {
    return in_float32([&](const auto&... wide) { return batch_norm_inference(wide..., axis, epsilon); }, x,
                      mean, variance, gamma, beta);
  }
  const int channel_axis =
      checked_axis(kOp, x, axis, {{"mean", mean}, {"variance", variance}, {"gamma", gamma}, {"beta", beta}});
  return normalize(kOp, x, channel_layout(x.shape(), channel_axis), mean, variance, gamma, beta, epsilon,
                   false);
}

}  // namespace sepal::ops
