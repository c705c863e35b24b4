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

// What the backward functions of both modes need.
struct Saved {
  ChannelLayout layout;
  Tensor x, mean, gamma;
  kernels::Clamp clamp;
  bool by_own_statistics;
  Tensor inverse_deviation = {}, scale = {}, shift = {};
  bool needs_x = false, needs_gamma = false, needs_beta = false;

  template <class T>
  kernels::ChannelMap<T> map() const {
    return {mean.data<T>(), scale.data<T>(), shift.data<T>(), clamp};
  }
};

Tensor apply(const Saved& saved) {
  Tensor y(saved.x.shape(), saved.x.dtype());
  dispatch_float(y.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::batch_norm_apply(saved.layout, saved.x.data<T>(), saved.map<T>(), y.mutable_data<T>());
  });
  return y;
}

Tensors backward(const Saved& saved, const Tensor& dy) {
  const ChannelLayout& layout = saved.layout;
  Tensor dx = gradient_slot(saved.x, saved.needs_x);
  Tensor dy_sums(saved.mean.shape(), dy.dtype());
  Tensor products(saved.mean.shape(), dy.dtype());
  dispatch_float(dy.dtype(), [&](auto type) {
    using T = decltype(type);
    if (saved.needs_gamma || saved.clamp.active() || (saved.needs_x && saved.by_own_statistics)) {
      kernels::batch_norm_gradient_sums(layout, saved.x.data<T>(), dy.data<T>(), saved.map<T>(),
                                        dy_sums.mutable_data<T>(), products.mutable_data<T>());
    } else if (saved.needs_beta) {
      kernels::channel_sums(layout, dy.data<T>(), dy_sums.mutable_data<T>());
    }
    if (!saved.needs_x) return;
    if (saved.by_own_statistics) {
      kernels::batch_norm_input_gradient(layout, saved.x.data<T>(), dy.data<T>(), saved.map<T>(),
                                         saved.inverse_deviation.data<T>(), dy_sums.data<T>(),
                                         products.data<T>(), dx.mutable_data<T>());
    } else {
      const Tensor zeros = Tensor::zeros(saved.mean.shape(), dy.dtype());
      kernels::batch_norm_apply<T>(layout, dy.data<T>(),
                                   {zeros.data<T>(), saved.scale.data<T>(), zeros.data<T>()},
                                   dx.mutable_data<T>());
    }
  });
  const Tensors gradients{dx, saved.needs_gamma ? product(products, saved.inverse_deviation) : Tensor(),
                          saved.needs_beta ? dy_sums : Tensor()};
  record_once_differentiable("gradient of batch_norm", {saved.x, saved.gamma, dy}, gradients);
  return gradients;
}

// `saved` without what follows from the variance and from gamma and beta.
Tensor normalize(const char* op, Saved saved, const Tensor& variance, const Tensor& beta, double epsilon) {
  saved.inverse_deviation = inverse_deviation_of(variance, epsilon);
  saved.scale = product(saved.inverse_deviation, saved.gamma);
  saved.shift = beta.defined() ? beta : Tensor::zeros(saved.mean.shape(), saved.x.dtype());
  Tensor y = apply(saved);
  const Tensors operands{saved.x, saved.gamma, beta};
  if (GradientTape::is_recording(operands)) {
    const std::vector<bool> needs = followed({saved.x, saved.gamma, beta});
    saved.needs_x = needs[0];
    saved.needs_gamma = needs[1];
    saved.needs_beta = needs[2];
    GradientTape::record(op, operands, {y}, [saved](const Tensors& g) { return backward(saved, g[0]); });
  }
  return y;
}

}  // namespace

BatchNormResult batch_norm_training(const Tensor& x, const Tensor& gamma, const Tensor& beta, int axis,
                                    double epsilon, const Bounds& bounds) {
  constexpr const char* kOp = "batch_norm_training";
  expect_one_computable_dtype(kOp, {{"x", x}, {"gamma", gamma}, {"beta", beta}});
  if (is_half(x.dtype())) {
    const BatchNormResult wide =
        batch_norm_training(widened(x), widened(gamma), widened(beta), axis, epsilon, bounds);
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
  const kernels::Clamp clamp{static_cast<float>(bounds.lower), static_cast<float>(bounds.upper)};
  result.output = normalize(kOp,
                            {.layout = layout,
                             .x = x,
                             .mean = result.mean,
                             .gamma = gamma,
                             .clamp = clamp,
                             .by_own_statistics = true},
                            result.variance, beta, epsilon);
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
  return normalize(kOp,
                   {.layout = channel_layout(x.shape(), channel_axis),
                    .x = x,
                    .mean = mean,
                    .gamma = gamma,
                    .clamp = {},
                    .by_own_statistics = false},
                   variance, beta, epsilon);
}

}  // namespace sepal::ops
