// What pooling.cpp and its SIMD body share: which cells a window covers, and the functions of a row.
#pragma once

#include <cstdint>
#include <vector>

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// Neighbours [begin, end) along one axis: the cells of a window, or the windows that cover a cell. `tap` is
/// the cell's place within the window: of cell `begin`, or of the given cell in window `begin`.
struct PoolRange {
  std::int64_t begin, end, tap;
  std::int64_t size() const { return end - begin; }
};

/// A channels_last window with its ranges; they take divisions, which would cost more than the pixels of a
/// small window.
struct PoolPlan {
  Window2D window;
  std::vector<PoolRange> cells_of_row, cells_of_col;      // by output row, column
  std::vector<PoolRange> windows_of_row, windows_of_col;  // by input row, column; for gradients alone
};

/// One row of one image; for x, y, dx, dy and taps see pooling.h. Pointers are to an image for what is read,
/// to a row for what is written.
template <class T>
struct PoolRows {
  void (*max)(const PoolPlan& plan, const T* x, std::int64_t out_row, T* y, T* taps);
  void (*max_gradient)(const PoolPlan& plan, const T* dy, const T* taps, std::int64_t in_row, T* dx);
  /// `column_sums`: room for a row of x.
  void (*average)(const PoolPlan& plan, const T* x, std::int64_t out_row, T* column_sums, T* y);
  void (*average_gradient)(const PoolPlan& plan, const T* dy, std::int64_t in_row, T* dx);
};

}  // namespace sepal::kernels
