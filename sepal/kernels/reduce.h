// Reductions of the middle axis of x (outer, count, inner). The order of the additions is a function of the
// sizes alone.
#pragma once

#include <cstdint>

namespace sepal::kernels {

struct ReduceSizes {
  std::int64_t outer;
  std::int64_t count;  // elements that are joined into one
  std::int64_t inner;

  std::int64_t elements() const { return outer * count * inner; }
};

/// out (outer, inner): sums, added in double. T: float, double.
template <class T>
void reduce_sum(const ReduceSizes& sizes, const T* x, double* out);

/// out (outer, inner): the largest element, NaN if one is NaN, -infinity of none. T: float, double.
template <class T>
void reduce_max(const ReduceSizes& sizes, const T* x, T* out);

template <class T>
void reduce_min(const ReduceSizes& sizes, const T* x, T* out);

/// out (outer, count, inner): where x equals `extreme` (outer, inner), `weight` (outer, inner) divided by the
/// number of elements along count that do; else 0.
template <class T>
void share_among_ties(const ReduceSizes& sizes, const T* x, const T* extreme, const T* weight, T* out);

/// out (outer, inner): position along count of the first largest element; NaN is never the largest.
/// T: any arithmetic type.
template <class T>
void argmax(const ReduceSizes& sizes, const T* x, std::int64_t* out);

}  // namespace sepal::kernels
