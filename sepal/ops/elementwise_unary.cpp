#include <cmath>

#include "sepal/kernels/float_math.h"
#include "sepal/ops/half.h"
#include "sepal/ops/unary.h"

namespace sepal::ops {
namespace {

struct Clip {
  static constexpr const char* kName = "clip";
  static constexpr bool kFromOutput = false;
  double low;
  double high;
  template <class T>
  T value(T x) const {
    const T raised = x < static_cast<T>(low) ? static_cast<T>(low) : x;
    return raised > static_cast<T>(high) ? static_cast<T>(high) : raised;
  }
  template <class T>
  T slope(T x) const {
    return ((x >= static_cast<T>(low)) & (x <= static_cast<T>(high))) ? T(1) : T(0);
  }
};

struct Exp {
  static constexpr const char* kName = "exp";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T x) const {
    return kernels::exp(x);
  }
  template <class T>
  T slope(T y) const {
    return y;
  }
  template <class T>
  T curvature(T) const {
    return T(1);
  }
};

struct Log {
  static constexpr const char* kName = "log";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return kernels::log(x);
  }
  template <class T>
  T slope(T x) const {
    return T(1) / x;
  }
  template <class T>
  T curvature(T x) const {
    return T(-1) / (x * x);
  }
};

struct Sqrt {
  static constexpr const char* kName = "sqrt";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T x) const {
    return std::sqrt(x);
  }
  template <class T>
  T slope(T y) const {
    return T(0.5) / y;
  }
  template <class T>
  T curvature(T y) const {
    return T(-0.5) / (y * y);
  }
};

struct Square {
  static constexpr const char* kName = "square";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return x * x;
  }
  template <class T>
  T slope(T x) const {
    return T(2) * x;
  }
  template <class T>
  T curvature(T) const {
    return T(2);
  }
};

// NaN stays NaN, as in NumPy.
template <class T>
T sign_of(T x) {
  if (x > T(0)) return T(1);
  return x < T(0) ? T(-1) : x * T(0);
}

struct Abs {
  static constexpr const char* kName = "abs";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return std::abs(x);
  }
  template <class T>
  T slope(T x) const {
    return sign_of(x);
  }
};

struct Sign {
  static constexpr const char* kName = "sign";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return sign_of(x);
  }
  template <class T>
  T slope(T) const {
    return T(0);
  }
};

// x * factor; linear, so that its gradient is itself.
Tensor scaled(const char* op, const Tensor& x, double factor) {
  expect_one_computable_dtype(op, {{"x", x}});
  const double by = as_stored(factor, x.dtype());
  const Tensor out = map_elements([by](auto v) { return v * static_cast<decltype(v)>(by); }, x);
  if (GradientTape::is_recording({x})) {
    GradientTape::record(op, {x}, {out},
                         [op, factor](const Tensors& g) { return Tensors{scaled(op, g[0], factor)}; });
  }
  return out;
}

}  // namespace

Tensor add(const Tensor& a, double b) {
  expect_one_computable_dtype("add", {{"x1", a}});
  const double by = as_stored(b, a.dtype());
  const Tensor out = map_elements([by](auto v) { return v + static_cast<decltype(v)>(by); }, a);
  if (GradientTape::is_recording({a})) {
    GradientTape::record("add", {a}, {out}, [](const Tensors& g) { return g; });
  }
  return out;
}

Tensor multiply(const Tensor& a, double b) { return scaled("multiply", a, b); }
Tensor negative(const Tensor& x) { return scaled("negative", x, -1.0); }
Tensor clip(const Tensor& x, double low, double high) { return unary(x, Clip{low, high}); }
Tensor exp(const Tensor& x) { return unary(x, Exp{}); }
Tensor log(const Tensor& x) { return unary(x, Log{}); }
Tensor sqrt(const Tensor& x) { return unary(x, Sqrt{}); }
Tensor square(const Tensor& x) { return unary(x, Square{}); }
Tensor abs(const Tensor& x) { return unary(x, Abs{}); }
Tensor sign(const Tensor& x) { return unary(x, Sign{}); }

}  // namespace sepal::ops
