// Sums and scalings along the columns of a row-major matrix: the memory-bound core of batch normalization and
// of bias gradients. One thread; batch_norm.cpp and channel_sums.cpp cut tensors into blocks for it.
//
// A block is `count` elements, rows of `width`; the last row may be shorter. Parameters have one entry for
// each column. An element's sum is added from the first row to the last.
#pragma once

#include <cstdint>

#include "sepal/kernels/epilogue.h"

namespace sepal::kernels {

template <class T>
struct ColumnBlock {
  const T* x = nullptr;
  std::int64_t count = 0;
  std::int64_t width = 1;
};

/// y = clamp((x - mean[j]) scale[j] + shift[j]).
template <class T>
struct ColumnMap {
  const T* mean;
  const T* scale;
  const T* shift;
  Clamp clamp = {};
};

/// Parameters of `combine`.
template <class T>
struct ColumnCombination {
  const T* x_scale;
  const T* shift;
};

template <class T>
struct ColumnKernels {
  /// sums[j] = sum of x over column j.
  void (*sums)(const ColumnBlock<T>& block, T* sums);
  /// sums[j] = sum of (x - mean[j])^2 over column j.
  void (*squared_deviations)(const ColumnBlock<T>& block, const T* mean, T* sums);
  /// sums[j] = sum of dy, products[j] = sum of dy (x - mean[j]), over column j; dy is laid out as x and
  /// counts as 0 where `map` clamps, at a bound too.
  void (*products)(const ColumnBlock<T>& block, const T* dy, const ColumnMap<T>& map, T* sums, T* products);
  void (*scale)(const ColumnBlock<T>& block, const ColumnMap<T>& map, T* y);
  /// dx = dy map.scale[j] + (x - map.mean[j]) by.x_scale[j] + by.shift[j], dy as above.
  void (*combine)(const ColumnBlock<T>& block, const T* dy, const ColumnMap<T>& map,
                  const ColumnCombination<T>& by, T* dx);
};

/// The kernels for this machine. T: float, double.
template <class T>
ColumnKernels<T> column_kernels();

}  // namespace sepal::kernels
