#include "apps/sepal/compare.h"

#include <fmt/format.h>

#include <cmath>
#include <limits>

namespace sepal::program {
namespace {

double difference(double got, double want) {
  if (got == want || (std::isnan(got) && std::isnan(want))) return 0.0;
  if (!std::isfinite(got) || !std::isfinite(want)) return std::numeric_limits<double>::infinity();
  return std::abs(got - want);
}

std::string place(std::int64_t at, const Shape& shape) {
  Shape index = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    index[axis] = at % shape[axis];
    at /= shape[axis];
  }
  return index.str();
}

}  // namespace

Distance distance(const Tensor& got, const Tensor& want, Tolerance tolerance) {
  if (got.shape() != want.shape()) return {.same_shape = false};
  Distance result;
  for (std::int64_t i = 0; i < want.num_elements(); ++i) {
    const double apart = difference(got.at(i), want.at(i));
    // Where both are infinite there is no bound to speak of.
    const double bound =
        std::isfinite(want.at(i)) ? tolerance.atol + tolerance.rtol * std::abs(want.at(i)) : 0.0;
    if (apart > bound) ++result.beyond;
    if (apart > result.absolute) {
      result.absolute = apart;
      result.at = i;
    }
  }
  return result;
}

std::string describe(const Distance& distance, const Tensor& got, const Tensor& want) {
  if (!distance.same_shape)
    return fmt::format("shape {}, expected {}", got.shape().str(), want.shape().str());
  if (distance.absolute == 0.0) return "the same";
  std::string text =
      fmt::format("largest difference {:.3g} at {}", distance.absolute, place(distance.at, want.shape()));
  if (distance.beyond > 0) {
    text += fmt::format(", {} of {} elements beyond the tolerance", distance.beyond, want.num_elements());
  }
  return text;
}

}  // namespace sepal::program
