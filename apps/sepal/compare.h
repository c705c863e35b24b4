// How far two arrays are apart.
#pragma once

#include <cstdint>
#include <string>

#include "sepal/base/tensor.h"

namespace sepal::program {

/// |got - want| <= atol + rtol * |want|, as numpy.allclose.
struct Tolerance {
  double rtol = 1e-5;
  double atol = 1e-6;
};

struct Distance {
  bool same_shape = true;
  std::int64_t beyond = 0;  // elements outside of the tolerance
  double absolute = 0.0;    // the largest difference; infinite if one side alone is not finite
  std::int64_t at = 0;      // where it is, in row-major order

  bool within() const { return same_shape && beyond == 0; }
};

/// Values that are not finite are the same if they are equal or both NaN.
Distance distance(const Tensor& got, const Tensor& want, Tolerance tolerance);

/// "largest difference 3e-07 at (0, 2), 1 of 12 elements beyond the tolerance"
std::string describe(const Distance& distance, const Tensor& got, const Tensor& want);

}  // namespace sepal::program
