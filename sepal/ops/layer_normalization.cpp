#include "sepal/ops/layer_normalization.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/reduce.h"

namespace sepal::ops {
namespace {

Tensor in_shape(const char* op, const char* argument, const Tensor& weight, const Shape& shape) {
  if (weight.num_elements() != shape.num_elements()) {
    throw ValueError(
        fmt::format("{0}: argument `{1}` must have the {2} elements of the normalized axes. Received: "
                    "{1}.shape={3}",
                    op, argument, shape.num_elements(), weight.shape().str()));
  }
  return reshape(weight, shape);
}

// Statistics over `reduced`; gamma and beta broadcast from `weight_shape`.
Tensor standardize(const char* op, const Tensor& x, const Tensor& gamma, const Tensor& beta,
                   const std::vector<std::int64_t>& reduced, const Shape& weight_shape, double epsilon,
                   bool keeps_mean) {
  const Tensor centered = subtract(x, mean(x, reduced, true));
  const Tensor deviation = sqrt(add(mean(square(centered), reduced, true), epsilon));
  Tensor y = divide(keeps_mean ? x : centered, deviation);
  if (gamma.defined()) y = multiply(y, in_shape(op, "gamma", gamma, weight_shape));
  if (beta.defined()) y = add(y, in_shape(op, "beta", beta, weight_shape));
  return y;
}

}  // namespace

Tensor layer_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta,
                           const std::vector<std::int64_t>& axes, double epsilon, bool rms_scaling) {
  constexpr const char* kOp = "layer_normalization";
  expect_one_computable_dtype(kOp, {{"x", x}, {"gamma", gamma}, {"beta", beta}});
  if (is_half(x.dtype())) {
    return in_float32(
        [&](const auto&... wide) { return layer_normalization(wide..., axes, epsilon, rms_scaling); }, x,
        gamma, beta);
  }
  Shape weight_shape(std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1));
  for (const std::int64_t axis : axes) {
    const int k = normalize_axis(axis, x.rank());
    weight_shape[k] = x.shape()[k];
  }
  return standardize(kOp, x, gamma, beta, axes, weight_shape, epsilon, rms_scaling);
}

Tensor group_normalization(const Tensor& x, const Tensor& gamma, const Tensor& beta, std::int64_t groups,
                           std::int64_t axis, double epsilon) {
  constexpr const char* kOp = "group_normalization";
  expect_one_computable_dtype(kOp, {{"x", x}, {"gamma", gamma}, {"beta", beta}});
  if (is_half(x.dtype())) {
    return in_float32(
        [&](const auto&... wide) { return group_normalization(wide..., groups, axis, epsilon); }, x, gamma,
        beta);
  }
  const int channel_axis = normalize_axis(axis, x.rank());
  const std::int64_t channels = x.shape()[channel_axis];
  if (channel_axis == 0 || groups < 1 || channels % groups != 0) {
    throw ValueError(
        fmt::format("{}: the channels on argument `axis`, which is not the first, must be divisible by "
                    "`groups`. Received: x.shape={}, axis={}, groups={}",
                    kOp, x.shape().str(), axis, groups));
  }
  // Each group an axis of its own in front of its channels.
  Shape shape = x.shape().slice(0, channel_axis);
  shape.push_back(groups);
  shape.push_back(channels / groups);
  for (const std::int64_t length : x.shape().slice(channel_axis + 1)) shape.push_back(length);
  Shape weight_shape(std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 1));
  weight_shape[channel_axis] = groups;
  weight_shape[channel_axis + 1] = channels / groups;
  std::vector<std::int64_t> reduced;
  for (int k = 1; k < shape.rank(); ++k) {
    if (k != channel_axis) reduced.push_back(k);
  }
  return reshape(standardize(kOp, reshape(x, shape), gamma, beta, reduced, weight_shape, epsilon, false),
                 x.shape());
}

Tensor normalize(const Tensor& x, const std::vector<std::int64_t>& axes, double epsilon) {
  expect_one_computable_dtype("normalize", {{"x", x}});
  if (is_half(x.dtype())) {
    return in_float32([&](const Tensor& wide) { return normalize(wide, axes, epsilon); }, x);
  }
  // Bounding the square, not the root, leaves a derivative where x is 0.
  const Tensor squares = sum(square(x), axes, true);
  return divide(x, sqrt(maximum(squares, Tensor::scalar(epsilon * epsilon, x.dtype()))));
}

}  // namespace sepal::ops
