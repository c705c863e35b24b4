#include "sepal/layers/trial_shapes.h"

namespace sepal {

Shape filled(const Shape& shape, std::int64_t length) {
  Shape result = shape;
  for (int i = 0; i < result.rank(); ++i) {
    if (result[i] == kNone) result[i] = length;
  }
  return result;
}

Shape common_shape(const Shape& first, const Shape& second) {
  Shape result = first;
  for (int i = 0; i < result.rank(); ++i) {
    if (second.rank() != first.rank() || first[i] != second[i]) result[i] = kNone;
  }
  return result;
}

}  // namespace sepal
