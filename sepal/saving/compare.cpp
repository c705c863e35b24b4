#include "sepal/saving/compare.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace sepal {
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

// `bound_of(want)` is the largest difference allowed from a finite element.
template <class Bound>
Distance measure(const Tensor& got, const Tensor& want, const Bound& bound_of) {
  Distance result;
  const Tensor left = got.astype(DType::float64);
  const Tensor right = want.astype(DType::float64);
  const double* a = left.data<double>();
  const double* b = right.data<double>();
  for (std::int64_t i = 0; i < right.num_elements(); ++i) {
    if (std::isfinite(b[i])) result.scale = std::max(result.scale, std::abs(b[i]));
    const double apart = difference(a[i], b[i]);
    // Where both are infinite there is no bound to speak of.
    const double bound = std::isfinite(b[i]) ? bound_of(b[i]) : 0.0;
    if (apart > bound) ++result.beyond;
    if (apart > result.absolute) {
      result.absolute = apart;
      result.at = i;
    }
  }
  return result;
}

}  // namespace

double Distance::relative() const { return scale > 0.0 ? absolute / scale : absolute; }

Distance distance(const Tensor& got, const Tensor& want, Tolerance tolerance) {
  if (got.shape() != want.shape()) return {.same_shape = false};
  return measure(got, want,
                 [&](double element) { return tolerance.atol + tolerance.rtol * std::abs(element); });
}

Distance distance_to_scale(const Tensor& got, const Tensor& want, double tolerance) {
  if (got.shape() != want.shape()) return {.same_shape = false};
  const double scale = measure(want, want, [](double) { return 0.0; }).scale;
  return measure(got, want, [bound = tolerance * (scale > 0.0 ? scale : 1.0)](double) { return bound; });
}

std::string describe(const Distance& distance, const Tensor& got, const Tensor& want) {
  if (!distance.same_shape) {
    return fmt::format("shape {}, expected {}", got.shape().str(), want.shape().str());
  }
  if (distance.absolute == 0.0) return "the same";
  std::string text =
      fmt::format("largest difference {:.3g} at {}: {:.7g}, expected {:.7g}", distance.absolute,
                  place(distance.at, want.shape()), got.at(distance.at), want.at(distance.at));
  if (distance.beyond > 0) {
    text += fmt::format("; {} of {} elements beyond the tolerance", distance.beyond, want.num_elements());
  }
  return text;
}

}  // namespace sepal
