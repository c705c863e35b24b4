// Sums and scalings along the columns of a row-major matrix: the memory-bound core of batch normalization and
// of bias gradients. One thread; batch_norm.cpp and channel_sums.cpp cut tensors into blocks for it.
//
// A block is `count` elements, rows of `width`; the last row may be shorter. Parameters have one entry for
// each column. An element's sum is added from the first row to the last.
#pragma once

#include <cstdint>

namespace sepal::kernels {

template <class T>
struct ColumnBlock {
  const T* x = nullptr;
  std::int64_t count = 0;
  std::int64_t width = 1;
};

/// Parameters of `combine`.
template <class T>
struct ColumnCombination {
  const T* mean;
  const T* dy_scale;
  const T* x_scale;
  const T* shift;
};

template <class T>
struct ColumnKernels {
  /// sums[j] = sum of x over column j.
  void (*sums)(const ColumnBlock<T>& block, T* sums);
  /// sums[j] = sum of (x - mean[j])^2 over column j.
  void (*squared_deviations)(const ColumnBlock<T>& block, const T* mean, T* sums);
  /// sums[j] = sum of dy, products[j] = sum of dy (x - mean[j]), over column j; dy is laid out as x.
  void (*products)(const ColumnBlock<T>& block, const T* dy, const T* mean, T* sums, T* products);
  /// y = (x - mean[j]) scale[j] + shift[j].
  void (*scale)(const ColumnBlock<T>& block, const T* mean, const T* scale, const T* shift, T* y);
  /// dx = dy dy_scale[j] + (x - mean[j]) x_scale[j] + shift[j].
  void (*combine)(const ColumnBlock<T>& block, const T* dy, const ColumnCombination<T>& by, T* dx);
};

/// The kernels for this machine. T: float, double.
template <class T>
ColumnKernels<T> column_kernels();

}  // namespace sepal::kernels
