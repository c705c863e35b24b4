#include "sepal/ops/functions.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
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

// Winitzki's approximation (2008), off by 2e-3 at most, then Newton's steps, each of which squares the error.
template <class T>
T inverse_erf(T y) {
  if (!(y > T(-1) && y < T(1))) {
    const T infinity = std::numeric_limits<T>::infinity();
    return y == T(1) ? infinity : y == T(-1) ? -infinity : std::numeric_limits<T>::quiet_NaN();
  }
  constexpr double a = 0.147;
  const double target = static_cast<double>(y);
  const double logarithm = std::log1p(-target * target);
  const double half = 2 / (std::numbers::pi * a) + logarithm / 2;
  double x = std::copysign(std::sqrt(std::sqrt(half * half - logarithm / a) - half), target);
  for (int i = 0; i < 4; ++i) {
    // Near the ends erf loses what erfc keeps.
    const double error = target > 0 ? std::erfc(x) - (1 - target) : (1 + target) - std::erfc(-x);
    x += error / (kErfSlope<double> * std::exp(-x * x));
  }
  return static_cast<T>(x);
}

struct InverseErf {
  static constexpr const char* kName = "erfinv";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T y) const {
    return inverse_erf(y);
  }
  template <class T>
  T slope(T x) const {
    return std::exp(x * x) / kErfSlope<T>;
  }
  template <class T>
  T curvature(T x) const {
    return 2 * x * std::exp(x * x) / kErfSlope<T>;
  }
};

struct CubeRoot {
  static constexpr const char* kName = "cbrt";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T x) const {
    return std::cbrt(x);
  }
  template <class T>
  T slope(T y) const {
    return 1 / (3 * y * y);
  }
  template <class T>
  T curvature(T y) const {
    return -2 / (3 * y * y * y);
  }
};

// f of the elements of two tensors, broadcast; `gradients` gives those of a and b, both of the result's
// shape.
template <class F, class Gradients>
Tensor of_two(const char* name, const Tensor& a, const Tensor& b, const F& f, const Gradients& gradients) {
  expect_one_computable_dtype(name, {{"x1", a}, {"x2", b}});
  const Shape shape = broadcast_shapes(a.shape(), b.shape());
  const Tensor wide_a = a.shape() == shape ? a : broadcast_to(a, shape);
  const Tensor wide_b = b.shape() == shape ? b : broadcast_to(b, shape);
  const Tensor out = map_elements(f, wide_a, wide_b);
  if (GradientTape::is_recording({wide_a, wide_b})) {
    GradientTape::record(name, {wide_a, wide_b}, {out},
                         [=](const Tensors& g) { return gradients(g[0], wide_a, wide_b); });
  }
  return out;
}

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

Tensor arcsin(const Tensor& x) {
  return smooth<[](auto v) { return std::asin(v); }, [](auto v) { return 1 / std::sqrt(1 - v * v); },
                [](auto v) { return v / ((1 - v * v) * std::sqrt(1 - v * v)); }>(x);
}

Tensor arccos(const Tensor& x) {
  return smooth<[](auto v) { return std::acos(v); }, [](auto v) { return -1 / std::sqrt(1 - v * v); },
                [](auto v) { return -v / ((1 - v * v) * std::sqrt(1 - v * v)); }>(x);
}

Tensor arcsinh(const Tensor& x) {
  return smooth<[](auto v) { return std::asinh(v); }, [](auto v) { return 1 / std::sqrt(v * v + 1); },
                [](auto v) { return -v / ((v * v + 1) * std::sqrt(v * v + 1)); }>(x);
}

Tensor arccosh(const Tensor& x) {
  return smooth<[](auto v) { return std::acosh(v); }, [](auto v) { return 1 / std::sqrt(v * v - 1); },
                [](auto v) { return -v / ((v * v - 1) * std::sqrt(v * v - 1)); }>(x);
}

Tensor arctanh(const Tensor& x) {
  return smooth<[](auto v) { return std::atanh(v); }, [](auto v) { return 1 / (1 - v * v); },
                [](auto v) { return 2 * v / ((1 - v * v) * (1 - v * v)); }>(x);
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

Tensor erfc(const Tensor& x) {
  return smooth<[](auto v) { return std::erfc(v); },
                [](auto v) { return -kErfSlope<decltype(v)> * std::exp(-v * v); },
                [](auto v) { return 2 * v * kErfSlope<decltype(v)> * std::exp(-v * v); }>(x);
}

Tensor erfinv(const Tensor& y) { return unary(y, InverseErf{}); }

Tensor cbrt(const Tensor& x) { return unary(x, CubeRoot{}); }

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

Tensor trunc(const Tensor& x) {
  return step<[](auto v) { return std::trunc(v); }>(x);
}

Tensor floor_divide(const Tensor& a, const Tensor& b) { return floor(divide(a, b)); }

Tensor mod(const Tensor& a, const Tensor& b) {
  const auto remainder = [](auto x, auto y) {
    const auto rest = std::fmod(x, y);
    return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
  };
  return of_two("mod", a, b, remainder, [](const Tensor& g, const Tensor& x, const Tensor& y) {
    return Tensors{g, negative(multiply(g, floor_divide(x, y)))};
  });
}

Tensor fmod(const Tensor& a, const Tensor& b) {
  const auto remainder = [](auto x, auto y) { return std::fmod(x, y); };
  return of_two("fmod", a, b, remainder, [](const Tensor& g, const Tensor& x, const Tensor& y) {
    return Tensors{g, negative(multiply(g, trunc(divide(x, y))))};
  });
}

Tensor arctan2(const Tensor& y, const Tensor& x) {
  const auto angle = [](auto v, auto u) { return std::atan2(v, u); };
  return of_two("arctan2", y, x, angle, [](const Tensor& g, const Tensor& v, const Tensor& u) {
    const Tensor scaled = divide(g, add(square(v), square(u)));
    return Tensors{multiply(scaled, u), negative(multiply(scaled, v))};
  });
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
