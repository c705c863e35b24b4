// From a dtype at run time to a C++ type.
#pragma once

#include "sepal/base/tensor.h"

namespace sepal::ops {

/// f(float{}) or f(double{}): the C++ type of a computable dtype.
template <class F>
auto dispatch_float(DType dtype, F&& f) {
  return dtype == DType::float64 ? f(double{}) : f(float{});
}

}  // namespace sepal::ops
