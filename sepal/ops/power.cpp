#include "sepal/ops/power.h"

#include <cmath>

#include "sepal/base/error.h"
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
  if (exponent.num_elements() != 1 || exponent.rank() > x.rank()) {
    throw UnimplementedError(
        "power: only one exponent for all elements is supported. Received: exponent.shape=" +
        exponent.shape().str());
  }
  return power(x, exponent.item());
}

}  // namespace sepal::ops
