#include <fmt/format.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

// x where mask == keep, else 0: the gradient of `where`.
Tensor kept(const Tensor& mask, const Tensor& x, bool keep) {
  if (is_half(x.dtype())) return in_float32([&](const Tensor& wide) { return kept(mask, wide, keep); }, x);
  Tensor out(x.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto pick = [keep](bool m, T v) { return m == keep ? v : T(0); };
    kernels::map(x.num_elements(), pick, out.mutable_data<T>(), mask.data<bool>(), x.data<T>());
  });
  if (GradientTape::is_recording({x})) {
    GradientTape::record("where", {x}, {out},
                         [mask, keep](const Tensors& g) { return Tensors{kept(mask, g[0], keep)}; });
  }
  return out;
}

}  // namespace

Tensor where(const Tensor& mask, const Tensor& a, const Tensor& b) {
  expect_one_computable_dtype("where", {{"x1", a}, {"x2", b}});
  if (mask.dtype() != DType::boolean) {
    throw TypeError(fmt::format("where: argument `condition` must have dtype bool. Received: dtype={}",
                                name_of(mask.dtype())));
  }
  if (mask.shape() != a.shape() || mask.shape() != b.shape()) {
    throw ValueError(
        fmt::format("where: arguments `condition`, `x1` and `x2` must have the same shape. Received: "
                    "condition.shape={}, x1.shape={}, x2.shape={}",
                    mask.shape().str(), a.shape().str(), b.shape().str()));
  }
  if (is_half(a.dtype())) {
    return in_float32([&](const Tensor& x, const Tensor& y) { return where(mask, x, y); }, a, b);
  }
  Tensor out(a.shape(), a.dtype());
  dispatch_float(a.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto pick = [](bool m, T x, T y) { return m ? x : y; };
    kernels::map(a.num_elements(), pick, out.mutable_data<T>(), mask.data<bool>(), a.data<T>(), b.data<T>());
  });
  if (GradientTape::is_recording({a, b})) {
    GradientTape::record("where", {a, b}, {out}, [mask](const Tensors& g) {
      return Tensors{kept(mask, g[0], true), kept(mask, g[0], false)};
    });
  }
  return out;
}

Tensor cast(const Tensor& x, DType dtype) {
  if (x.dtype() == dtype) return x;
  const Tensor out = x.astype(dtype);
  if (is_floating(x.dtype()) && is_floating(dtype) && GradientTape::is_recording({x})) {
    GradientTape::record("cast", {x}, {out},
                         [from = x.dtype()](const Tensors& g) { return Tensors{cast(g[0], from)}; });
  }
  return out;
}

}  // namespace sepal::ops
