// Activations made of exponentials. The formulas neither overflow nor cancel for large |x|.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "sepal/base/error.h"
#include "sepal/kernels/float_math.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/unary.h"

namespace sepal::ops {
namespace {

// log(1 + exp(x)); exp(-|x|) cannot overflow.
template <class T>
T softplus_of(T x) {
  return (x > T(0) ? x : T(0)) + kernels::log1p(kernels::exp(-std::abs(x)));
}

struct Sigmoid {
  static constexpr const char* kName = "sigmoid";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T x) const {
    return kernels::sigmoid(x);
  }
  template <class T>
  T slope(T y) const {
    return y * (T(1) - y);
  }
  template <class T>
  T curvature(T y) const {
    return T(1) - T(2) * y;
  }
};

struct Tanh {
  static constexpr const char* kName = "tanh";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T x) const {
    return kernels::tanh(x);
  }
  template <class T>
  T slope(T y) const {
    return T(1) - y * y;
  }
  template <class T>
  T curvature(T y) const {
    return T(-2) * y;
  }
};

struct TanhShrink {
  static constexpr const char* kName = "tanh_shrink";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return x - kernels::tanh(x);
  }
  template <class T>
  T slope(T x) const {
    const T t = kernels::tanh(x);
    return t * t;
  }
  template <class T>
  T curvature(T x) const {
    const T t = kernels::tanh(x);
    return T(2) * t * (T(1) - t * t);
  }
};

struct Silu {
  static constexpr const char* kName = "silu";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return x * kernels::sigmoid(x);
  }
  template <class T>
  T slope(T x) const {
    const T s = kernels::sigmoid(x);
    return s * (T(1) + x * (T(1) - s));
  }
  template <class T>
  T curvature(T x) const {
    const T s = kernels::sigmoid(x);
    return s * (T(1) - s) * (T(2) + x * (T(1) - T(2) * s));
  }
};

// x t with t = tanh(softplus(x)) = n / (n + 2), n = e (e + 2), e = exp(x). Where e would overflow, t has long
// been 1.
struct Mish {
  static constexpr const char* kName = "mish";
  static constexpr bool kFromOutput = false;
  template <class T>
  struct Parts {
    explicit Parts(T x) : e(kernels::exp(x > T(20) ? T(20) : x)), n(e * (e + T(2))), t(n / (n + T(2))) {}
    // t' = (1 - t^2) sigmoid(x).
    T rise() const { return T(4) * e * (T(1) + e) / ((n + T(2)) * (n + T(2))); }
    T e;
    T n;
    T t;
  };
  template <class T>
  T value(T x) const {
    return x * Parts<T>(x).t;
  }
  template <class T>
  T slope(T x) const {
    const Parts<T> parts(x);
    return parts.t + x * parts.rise();
  }
  template <class T>
  T curvature(T x) const {
    const Parts<T> parts(x);
    const T s = kernels::sigmoid(x);
    return parts.rise() * (T(2) + x * ((T(1) - s) - T(2) * parts.t * s));
  }
};

struct Softplus {
  static constexpr const char* kName = "softplus";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return softplus_of(x);
  }
  template <class T>
  T slope(T x) const {
    return kernels::sigmoid(x);
  }
  template <class T>
  T curvature(T x) const {
    const T s = kernels::sigmoid(x);
    return s * (T(1) - s);
  }
};

struct LogSigmoid {
  static constexpr const char* kName = "log_sigmoid";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return -softplus_of(-x);
  }
  template <class T>
  T slope(T x) const {
    return kernels::sigmoid(-x);
  }
  template <class T>
  T curvature(T x) const {
    const T s = kernels::sigmoid(x);
    return -s * (T(1) - s);
  }
};

struct Softsign {
  static constexpr const char* kName = "softsign";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return x / (T(1) + std::abs(x));
  }
  template <class T>
  T slope(T x) const {
    const T d = T(1) + std::abs(x);
    return T(1) / (d * d);
  }
  template <class T>
  T curvature(T x) const {
    const T d = T(1) + std::abs(x);
    return (x > T(0) ? T(-2) : x < T(0) ? T(2) : T(0)) / (d * d * d);
  }
};

struct Squareplus {
  static constexpr const char* kName = "squareplus";
  static constexpr bool kFromOutput = false;
  double b;
  template <class T>
  T root(T x) const {
    return std::sqrt(x * x + static_cast<T>(b));
  }
  template <class T>
  T value(T x) const {
    // Below 0 the sum would cancel; (r + x)(r - x) = b.
    const T r = root(x);
    return (x < T(0) ? static_cast<T>(b) / (r - x) : x + r) / T(2);
  }
  template <class T>
  T slope(T x) const {
    return value(x) / root(x);
  }
  template <class T>
  T curvature(T x) const {
    const T r = root(x);
    return static_cast<T>(b) / (T(2) * r * r * r);
  }
};

// scale * x above 0, scale * alpha * (exp(x) - 1) below. elu has scale 1. The derivative at 0 is scale, but
// scale * alpha for an elu with alpha other than 1, which Keras multiplies after TensorFlow's elu.
struct Elu {
  static constexpr const char* kName = "elu";
  static constexpr bool kFromOutput = false;
  double alpha = 1.0;
  double scale = 1.0;
  double slope_at_zero = 1.0;
  template <class T>
  T value(T x) const {
    return x > T(0) ? static_cast<T>(scale) * x : static_cast<T>(scale * alpha) * kernels::expm1(x);
  }
  template <class T>
  T slope(T x) const {
    if (x == T(0)) return static_cast<T>(slope_at_zero);
    return x > T(0) ? static_cast<T>(scale) : static_cast<T>(scale * alpha) * kernels::exp(x);
  }
  template <class T>
  T curvature(T x) const {
    return x >= T(0) ? T(0) : static_cast<T>(scale * alpha) * kernels::exp(x);
  }
};

// max(x, 0) + alpha (exp(min(x, 0) / alpha) - 1). At 0 TensorFlow lets both parts pass: derivative 2.
struct Celu {
  static constexpr const char* kName = "celu";
  static constexpr bool kFromOutput = false;
  double alpha;
  template <class T>
  T value(T x) const {
    const T a = static_cast<T>(alpha);
    return (x > T(0) ? x : T(0)) + a * kernels::expm1((x > T(0) ? T(0) : x) / a);
  }
  template <class T>
  T slope(T x) const {
    if (x > T(0)) return T(1);
    return (x == T(0) ? T(1) : T(0)) + kernels::exp(x / static_cast<T>(alpha));
  }
  template <class T>
  T curvature(T x) const {
    const T a = static_cast<T>(alpha);
    return x >= T(0) ? T(0) : kernels::exp(x / a) / a;
  }
};

// x Phi(x), Phi the normal distribution.
struct Gelu {
  static constexpr const char* kName = "gelu";
  static constexpr bool kFromOutput = false;
  template <class T>
  static T density(T x) {
    return kernels::exp(T(-0.5) * x * x) * (std::numbers::inv_sqrtpi_v<T> / std::numbers::sqrt2_v<T>);
  }
  template <class T>
  T value(T x) const {
    return x * kernels::normal_distribution(x);
  }
  template <class T>
  T slope(T x) const {
    return kernels::normal_distribution(x) + x * density(x);
  }
  template <class T>
  T curvature(T x) const {
    return (T(2) - x * x) * density(x);
  }
};

// 0.5 x (1 + tanh(u)), u = sqrt(2 / pi) (x + 0.044715 x^3), written as x sigmoid(2u) so that nothing cancels.
struct GeluTanh {
  static constexpr const char* kName = "gelu";
  static constexpr bool kFromOutput = false;
  static constexpr double kCubic = 0.044715;
  static constexpr double kScale = 2 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi;
  template <class T>
  static T argument(T x) {
    return T(kScale) * (x + T(kCubic) * x * x * x);
  }
  template <class T>
  static T argument_slope(T x) {
    return T(kScale) * (T(1) + T(3 * kCubic) * x * x);
  }
  template <class T>
  T value(T x) const {
    return x * kernels::sigmoid(argument(x));
  }
  template <class T>
  T slope(T x) const {
    const T s = kernels::sigmoid(argument(x));
    return s + x * s * (T(1) - s) * argument_slope(x);
  }
  template <class T>
  T curvature(T x) const {
    const T s = kernels::sigmoid(argument(x));
    const T rising = s * (T(1) - s);
    const T u1 = argument_slope(x);
    const T u2 = T(6 * kScale * kCubic) * x;
    return rising * (T(2) * u1 + x * (u2 + (T(1) - T(2) * s) * u1 * u1));
  }
};

}  // namespace

Tensor sigmoid(const Tensor& x) { return unary(x, Sigmoid{}); }
Tensor tanh(const Tensor& x) { return unary(x, Tanh{}); }
Tensor tanh_shrink(const Tensor& x) { return unary(x, TanhShrink{}); }
Tensor silu(const Tensor& x) { return unary(x, Silu{}); }
Tensor mish(const Tensor& x) { return unary(x, Mish{}); }
Tensor exponential(const Tensor& x) { return exp(x); }
Tensor softplus(const Tensor& x) { return unary(x, Softplus{}); }
Tensor softsign(const Tensor& x) { return unary(x, Softsign{}); }
Tensor squareplus(const Tensor& x, double b) { return unary(x, Squareplus{b}); }
Tensor log_sigmoid(const Tensor& x) { return unary(x, LogSigmoid{}); }
Tensor elu(const Tensor& x, double alpha) { return unary(x, Elu{alpha, 1.0, alpha}); }
Tensor celu(const Tensor& x, double alpha) { return unary(x, Celu{alpha}); }

// The fixed point of mean 0 and variance 1 (Klambauer et al. 2017).
Tensor selu(const Tensor& x) {
  constexpr double kAlpha = 1.6732632423543772848170429916717;
  constexpr double kScale = 1.0507009873554804934193349852946;
  return unary(x, Elu{kAlpha, kScale, kScale});
}

Tensor gelu(const Tensor& x, bool approximate) {
  return approximate ? unary(x, GeluTanh{}) : unary(x, Gelu{});
}

Tensor glu(const Tensor& x, std::int64_t axis_argument) {
  const int axis = normalize_axis(axis_argument, x.rank());
  const std::int64_t length = x.shape()[axis];
  if (length % 2 != 0) {
    throw ValueError(
        fmt::format("glu: the length of the axis must be divisible by 2. Received: x.shape={}, axis={}",
                    x.shape().str(), axis_argument));
  }
  return multiply(slice(x, axis, 0, length / 2), sigmoid(slice(x, axis, length / 2, length)));
}

}  // namespace sepal::ops
