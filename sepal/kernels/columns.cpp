#include "sepal/kernels/columns.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/columns-inl.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "sepal/kernels/columns-inl.h"

namespace sepal::kernels {

HWY_EXPORT(column_kernels_f32);
HWY_EXPORT(column_kernels_f64);

template <>
ColumnKernels<float> column_kernels() {
  return HWY_DYNAMIC_DISPATCH(column_kernels_f32)();
}

template <>
ColumnKernels<double> column_kernels() {
  return HWY_DYNAMIC_DISPATCH(column_kernels_f64)();
}

}  // namespace sepal::kernels
