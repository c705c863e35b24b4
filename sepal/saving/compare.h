// How far two arrays are apart.
#pragma once

#include <cstdint>
#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// |got - want| <= atol + rtol * |want|, as numpy.allclose.
struct Tolerance {
  double rtol = 1e-5;
  double atol = 1e-6;
};

struct Distance {
  bool same_shape = true;
  std::int64_t beyond = 0;  // elements outside of the tolerance
  double absolute = 0.0;    // the largest difference; infinite if one side alone is not finite
  double scale = 0.0;       // the largest finite size of an expected element
  std::int64_t at = 0;      // where the largest difference is, in row-major order

  bool within() const { return same_shape && beyond == 0; }
  /// The largest difference as a share of the scale.
  double relative() const;
};

/// Values that are not finite are the same if they are equal or both NaN.
Distance distance(const Tensor& got, const Tensor& want, Tolerance tolerance);

/// The same with one bound for all elements, `tolerance` times the scale: rounding errors of a sum are as
/// large as its largest terms, not as its result. Where all that is expected is 0, the scale counts as 1.
Distance distance_to_scale(const Tensor& got, const Tensor& want, double tolerance);

/// "largest difference 3e-07 at (0, 2): 1.5000003, expected 1.5; 1 of 12 elements beyond the tolerance"
std::string describe(const Distance& distance, const Tensor& got, const Tensor& want);

}  // namespace sepal
