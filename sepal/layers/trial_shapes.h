// Finding what is unknown of a result by running a layer twice.
#pragma once

#include "sepal/base/shape.h"

namespace sepal {

/// The lengths that the two runs put for every unknown axis.
inline constexpr std::int64_t kFirstTrial = 7;
inline constexpr std::int64_t kSecondTrial = 8;

/// `shape` with every unknown axis set to `length`.
Shape filled(const Shape& shape, std::int64_t length);

/// The shape of the result of both runs: an axis that differs between them is unknown.
Shape common_shape(const Shape& first, const Shape& second);

}  // namespace sepal
