// Activations made of straight pieces. At a kink the derivative is the one that Keras gets from TensorFlow.
#include <cmath>

#include "sepal/ops/activations.h"
#include "sepal/ops/unary.h"

namespace sepal::ops {
namespace {

// Keeps NaN: the comparison decides for x.
struct Relu {
  static constexpr const char* kName = "relu";
  static constexpr bool kFromOutput = true;  // y > 0 where x > 0: x need not be kept
  template <class T>
  T value(T x) const {
    return x < T(0) ? T(0) : x;
  }
  template <class T>
  T slope(T y) const {
    return y > T(0) ? T(1) : T(0);
  }
};

// The derivative at 0 is the negative slope.
struct LeakyRelu {
  static constexpr const char* kName = "leaky_relu";
  static constexpr bool kFromOutput = false;
  double negative_slope;
  template <class T>
  T value(T x) const {
    return x > T(0) ? x : x * static_cast<T>(negative_slope);
  }
  template <class T>
  T slope(T x) const {
    return x > T(0) ? T(1) : static_cast<T>(negative_slope);
  }
};

struct Relu6 {
  static constexpr const char* kName = "relu6";
  static constexpr bool kFromOutput = true;
  template <class T>
  T value(T x) const {
    const T positive = x < T(0) ? T(0) : x;
    return positive > T(6) ? T(6) : positive;
  }
  template <class T>
  T slope(T y) const {
    return ((y > T(0)) & (y < T(6))) ? T(1) : T(0);
  }
};

// relu with a ceiling or a threshold. Keras adds a clipped upper and a sloped lower part, and each is flat at
// the threshold; the clip passes gradients at its bounds, except that a ceiling of 6 without a threshold is
// relu6.
struct GeneralRelu {
  static constexpr const char* kName = "relu";
  static constexpr bool kFromOutput = false;
  double negative_slope;
  double max_value;
  double threshold;

  bool has_ceiling() const { return max_value >= 0; }
  bool is_relu6() const { return threshold == 0 && max_value == 6; }

  template <class T>
  T value(T x) const {
    const T limit = static_cast<T>(threshold);
    T upper = x > limit || std::isnan(x) ? x : T(0);
    if (has_ceiling()) upper = std::min(std::max(upper, T(0)), static_cast<T>(max_value));
    const T lower = x < limit ? limit - x : T(0);
    return upper - static_cast<T>(negative_slope) * lower;
  }
  template <class T>
  T slope(T x) const {
    const T limit = static_cast<T>(threshold);
    const T ceiling = static_cast<T>(max_value);
    if (x < limit) return static_cast<T>(negative_slope);
    if (!(x > limit)) return T(0);
    const bool passes = !has_ceiling() || (x >= T(0) && (is_relu6() ? x < ceiling : x <= ceiling));
    return passes ? T(1) : T(0);
  }
};

struct HardSigmoid {
  static constexpr const char* kName = "hard_sigmoid";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return Relu6{}.value(x + T(3)) / T(6);
  }
  template <class T>
  T slope(T x) const {
    return Relu6{}.slope(x + T(3)) / T(6);
  }
};

struct HardSilu {
  static constexpr const char* kName = "hard_silu";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    return x * HardSigmoid{}.value(x);
  }
  template <class T>
  T slope(T x) const {
    return HardSigmoid{}.value(x) + x * HardSigmoid{}.slope(x);
  }
  template <class T>
  T curvature(T x) const {
    return T(2) * HardSigmoid{}.slope(x);
  }
};

// x where |x| > threshold, moved towards 0 by `shift`.
struct Shrink {
  static constexpr const char* kName = "shrink";
  static constexpr bool kFromOutput = false;
  double threshold;
  double shift;
  template <class T>
  T value(T x) const {
    if (x > static_cast<T>(threshold)) return x - static_cast<T>(shift);
    return x < static_cast<T>(-threshold) ? x + static_cast<T>(shift) : T(0);
  }
  template <class T>
  T slope(T x) const {
    return ((x > static_cast<T>(threshold)) | (x < static_cast<T>(-threshold))) ? T(1) : T(0);
  }
};

struct Threshold {
  static constexpr const char* kName = "threshold";
  static constexpr bool kFromOutput = false;
  double threshold;
  double otherwise;
  template <class T>
  T value(T x) const {
    return x > static_cast<T>(threshold) ? x : static_cast<T>(otherwise);
  }
  template <class T>
  T slope(T x) const {
    return x > static_cast<T>(threshold) ? T(1) : T(0);
  }
};

// A parabola joins the two straight pieces.
struct SparsePlus {
  static constexpr const char* kName = "sparse_plus";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    if (x <= T(-1)) return T(0);
    return x < T(1) ? T(0.25) * (x + T(1)) * (x + T(1)) : x;
  }
  template <class T>
  T slope(T x) const {
    if (x <= T(-1)) return T(0);
    return x < T(1) ? T(0.5) * (x + T(1)) : T(1);
  }
  template <class T>
  T curvature(T x) const {
    return ((x > T(-1)) & (x < T(1))) ? T(0.5) : T(0);
  }
};

struct SparseSigmoid {
  static constexpr const char* kName = "sparse_sigmoid";
  static constexpr bool kFromOutput = false;
  template <class T>
  T value(T x) const {
    if (x <= T(-1)) return T(0);
    return x >= T(1) ? T(1) : T(0.5) * (x + T(1));
  }
  template <class T>
  T slope(T x) const {
    return ((x > T(-1)) & (x < T(1))) ? T(0.5) : T(0);
  }
};

}  // namespace

Tensor relu(const Tensor& x, double negative_slope, double max_value, double threshold) {
  if (max_value < 0 && threshold == 0) {
    return negative_slope == 0 ? unary(x, Relu{}) : unary(x, LeakyRelu{negative_slope});
  }
  if (max_value == 6 && threshold == 0 && negative_slope == 0) return relu6(x);
  return unary(x, GeneralRelu{negative_slope, max_value, threshold});
}

Tensor relu6(const Tensor& x) { return unary(x, Relu6{}); }
Tensor leaky_relu(const Tensor& x, double negative_slope) { return unary(x, LeakyRelu{negative_slope}); }
Tensor hard_sigmoid(const Tensor& x) { return unary(x, HardSigmoid{}); }
Tensor hard_sigmoid_legacy(const Tensor& x) { return clip(add(multiply(x, 0.2), 0.5), 0.0, 1.0); }
Tensor hard_silu(const Tensor& x) { return unary(x, HardSilu{}); }
Tensor hard_tanh(const Tensor& x) { return clip(x, -1.0, 1.0); }
Tensor hard_shrink(const Tensor& x, double threshold) { return unary(x, Shrink{threshold, 0.0}); }
Tensor soft_shrink(const Tensor& x, double threshold) { return unary(x, Shrink{threshold, threshold}); }
Tensor threshold(const Tensor& x, double threshold, double value) {
  return unary(x, Threshold{threshold, value});
}
Tensor sparse_plus(const Tensor& x) { return unary(x, SparsePlus{}); }
Tensor sparse_sigmoid(const Tensor& x) { return unary(x, SparseSigmoid{}); }

}  // namespace sepal::ops
