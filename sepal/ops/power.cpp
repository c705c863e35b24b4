#include "sepal/ops/power.h"

#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/logical.h"
#include "sepal/ops/unary.h"

namespace sepal::ops {
namespace {

// c * x^e, and 0 where c is 0 although x^e is infinite.
template <class T>
T scaled_power(double c, T x, double e) {
  return c == 0.0 ? T(0) : static_cast<T>(c) * std::pow(x, static_cast<T>(e));
}

struct Power {
  static constexpr const char* kName = "power";
  static constexpr bool kFromOutput = false;
  double exponent;
  template <class T>
  T value(T x) const {
    return std::pow(x, static_cast<T>(exponent));
  }
  template <class T>
  T slope(T x) const {
    return scaled_power(exponent, x, exponent - 1.0);
  }
  template <class T>
  T curvature(T x) const {
    return scaled_power(exponent * (exponent - 1.0), x, exponent - 2.0);
  }
};

}  // namespace

Tensor power(const Tensor& x, double exponent) { return unary(x, Power{exponent}); }

Tensor power(const Tensor& x, const Tensor& exponent) {
  const bool is_constant =
      exponent.num_elements() == 1 && exponent.rank() <= x.rank() && !GradientTape::is_recording({exponent});
  if (is_constant) return power(x, exponent.item());
  expect_one_computable_dtype("power", {{"x1", x}, {"x2", exponent}});
  if (is_half(x.dtype())) {
    return in_float32([](const Tensor& a, const Tensor& b) { return power(a, b); }, x, exponent);
  }
  const Shape shape = broadcast_shapes(x.shape(), exponent.shape());
  if (x.shape() != shape || exponent.shape() != shape) {
    return power(broadcast_to(x, shape), broadcast_to(exponent, shape));
  }
  Tensor out(shape, x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::map(
        out.num_elements(), [](T a, T b) { return std::pow(a, b); }, out.mutable_data<T>(), x.data<T>(),
        exponent.data<T>());
  });
  if (GradientTape::is_recording({x, exponent})) {
    GradientTape::record("power", {x, exponent}, {out}, [x, exponent, out](const Tensors& g) {
      const Tensor lower = power(x, add(exponent, -1.0));
      // The logarithm counts where it is a number only, as in TensorFlow.
      const Tensor zero = Tensor::zeros(x.shape(), x.dtype());
      const Tensor is_positive = greater(x, 0.0);
      const Tensor logarithm =
          where(is_positive, log(where(is_positive, x, Tensor::ones(x.shape(), x.dtype()))), zero);
      return Tensors{multiply(g[0], multiply(exponent, lower)), multiply(g[0], multiply(out, logarithm))};
    });
  }
  return out;
}

}  // namespace sepal::ops
