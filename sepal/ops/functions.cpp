#include "sepal/ops/functions.h"

#include <cmath>
#include <numbers>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/unary.h"

namespace sepal::ops {
namespace {

// A function given by itself and its derivatives at x.
template <auto kValue, auto kSlope, auto kCurvature>
struct Smooth {
  static constexpr const char* kName = "function";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return kValue(x);
  }
  template <class T>
  T slope(T x) const {
    return kSlope(x);
  }
  template <class T>
  T curvature(T x) const {
    return kCurvature(x);
  }
};

// A function whose derivative is 0.
template <auto kValue>
struct Step {
  static constexpr const char* kName = "step";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return kValue(x);
  }
  template <class T>
  T slope(T) const {
    return T(0);
  }
};

template <auto kValue, auto kSlope, auto kCurvature>
Tensor smooth(const Tensor& x) {
  return unary(x, Smooth<kValue, kSlope, kCurvature>{});
}

template <auto kValue>
Tensor step(const Tensor& x) {
  return unary(x, Step<kValue>{});
}

template <class T>
constexpr T kErfSlope = T(2) * std::numbers::inv_sqrtpi_v<T>;

}  // namespace

Tensor sin(const Tensor& x) {
  return smooth<[](auto v) { return std::sin(v); }, [](auto v) { return std::cos(v); },
                [](auto v) { return -std::sin(v); }>(x);
}

Tensor cos(const Tensor& x) {
  return smooth<[](auto v) { return std::cos(v); }, [](auto v) { return -std::sin(v); },
                [](auto v) { return -std::cos(v); }>(x);
}

Tensor tan(const Tensor& x) {
  return smooth<[](auto v) { return std::tan(v); }, [](auto v) { return 1 + std::tan(v) * std::tan(v); },
                [](auto v) { return 2 * std::tan(v) * (1 + std::tan(v) * std::tan(v)); }>(x);
}

Tensor sinh(const Tensor& x) {
  return smooth<[](auto v) { return std::sinh(v); }, [](auto v) { return std::cosh(v); },
                [](auto v) { return std::sinh(v); }>(x);
}

Tensor cosh(const Tensor& x) {
  return smooth<[](auto v) { return std::cosh(v); }, [](auto v) { return std::sinh(v); },
                [](auto v) { return std::cosh(v); }>(x);
}

Tensor arctan(const Tensor& x) {
  return smooth<[](auto v) { return std::atan(v); }, [](auto v) { return 1 / (1 + v * v); },
                [](auto v) { return -2 * v / ((1 + v * v) * (1 + v * v)); }>(x);
}

Tensor erf(const Tensor& x) {
  return smooth<[](auto v) { return std::erf(v); },
                [](auto v) { return kErfSlope<decltype(v)> * std::exp(-v * v); },
                [](auto v) { return -2 * v * kErfSlope<decltype(v)> * std::exp(-v * v); }>(x);
}

Tensor expm1(const Tensor& x) {
  return smooth<[](auto v) { return std::expm1(v); }, [](auto v) { return std::exp(v); },
                [](auto v) { return std::exp(v); }>(x);
}

Tensor log1p(const Tensor& x) {
  return smooth<[](auto v) { return std::log1p(v); }, [](auto v) { return 1 / (1 + v); },
                [](auto v) { return -1 / ((1 + v) * (1 + v)); }>(x);
}

Tensor log2(const Tensor& x) { return multiply(log(x), std::numbers::log2e); }
Tensor log10(const Tensor& x) { return multiply(log(x), std::numbers::log10e); }

Tensor reciprocal(const Tensor& x) {
  return smooth<[](auto v) { return 1 / v; }, [](auto v) { return -1 / (v * v); },
                [](auto v) { return 2 / (v * v * v); }>(x);
}

Tensor rsqrt(const Tensor& x) {
  return smooth<[](auto v) { return 1 / std::sqrt(v); }, [](auto v) { return -1 / (2 * v * std::sqrt(v)); },
                [](auto v) { return 3 / (4 * v * v * std::sqrt(v)); }>(x);
}

Tensor floor(const Tensor& x) {
  return step<[](auto v) { return std::floor(v); }>(x);
}

Tensor ceil(const Tensor& x) {
  return step<[](auto v) { return std::ceil(v); }>(x);
}

Tensor round(const Tensor& x) {
  return step<[](auto v) { return std::nearbyint(v); }>(x);
}

Tensor floor_divide(const Tensor& a, const Tensor& b) { return floor(divide(a, b)); }

Tensor mod(const Tensor& a, const Tensor& b) {
  expect_one_computable_dtype("mod", {{"x1", a}, {"x2", b}});
  if (is_half(a.dtype())) return in_float32([](const Tensor& x, const Tensor& y) { return mod(x, y); }, a, b);
  const Shape shape = broadcast_shapes(a.shape(), b.shape());
  if (a.shape() != shape || b.shape() != shape) return mod(broadcast_to(a, shape), broadcast_to(b, shape));
  Tensor out(shape, a.dtype());
  dispatch_float(a.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto remainder = [](T x, T y) {
      const T rest = std::fmod(x, y);
      return rest != T(0) && (rest < T(0)) != (y < T(0)) ? rest + y : rest;
    };
    kernels::map(out.num_elements(), remainder, out.mutable_data<T>(), a.data<T>(), b.data<T>());
  });
  if (GradientTape::is_recording({a, b})) {
    GradientTape::record("mod", {a, b}, {out}, [a, b](const Tensors& g) {
      return Tensors{g[0], negative(multiply(g[0], floor_divide(a, b)))};
    });
  }
  return out;
}

Tensor logsumexp(const Tensor& x, const Axes& axes, bool keepdims) {
  // The largest value is only a shift: its derivative cancels.
  const Tensor largest = stop_gradient(max(x, axes, true));
  const Tensor sums = add(log(sum(exp(subtract(x, largest)), axes, true)), largest);
  return reshape(sums, sum(stop_gradient(x), axes, keepdims).shape());
}

Tensor variance(const Tensor& x, const Axes& axes, bool keepdims) {
  return mean(square(subtract(x, mean(x, axes, true))), axes, keepdims);
}

Tensor standard_deviation(const Tensor& x, const Axes& axes, bool keepdims) {
  return sqrt(variance(x, axes, keepdims));
}

}  // namespace sepal::ops
