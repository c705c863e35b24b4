// The body of columns.cpp, compiled once for each SIMD target.
#if defined(SEPAL_KERNELS_COLUMNS_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_COLUMNS_INL_H_
#undef SEPAL_KERNELS_COLUMNS_INL_H_
#else
#define SEPAL_KERNELS_COLUMNS_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>
#include <type_traits>

#include "sepal/kernels/columns.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

// Columns of vectors side by side: four independent sums hide the four cycles that an addition takes. Where
// two sums of eight fit into the registers, rows of 128 floats and more are read in longer pieces, which the
// memory brings in three quarters of the time.
inline constexpr int kColumnVectors = 4;
inline constexpr int kMostColumnVectors = HWY_TARGET == HWY_AVX3 ? 8 : kColumnVectors;

template <int kVectors>
using Vectors = std::integral_constant<int, kVectors>;

template <class D>
inline std::int64_t lanes_of(D d) {
  return static_cast<std::int64_t>(hn::Lanes(d));
}

/// Calls f(d, Vectors<n>(), j, rows) for groups of n vectors of columns from j on that have `rows` elements
/// each: as many vectors as there are, at last one column at a time. Only the first columns have an element
/// in the short last row.
template <class T, class F>
HWY_INLINE void for_column_groups(const ColumnBlock<T>& block, const F& f) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const std::int64_t lanes = lanes_of(d);
  const std::int64_t whole_rows = block.count / block.width;
  const std::int64_t ends[] = {block.count % block.width, block.width};
  const std::int64_t rows[] = {whole_rows + 1, whole_rows};
  std::int64_t j = 0;
  for (int part = 0; part < 2; ++part) {
    const auto groups_of = [&](auto vectors) HWY_ATTR {
      for (; j + vectors * lanes <= ends[part]; j += vectors * lanes) f(d, vectors, j, rows[part]);
    };
    if constexpr (kMostColumnVectors > kColumnVectors) groups_of(Vectors<kMostColumnVectors>());
    groups_of(Vectors<kColumnVectors>());
    groups_of(Vectors<1>());
    for (; j < ends[part]; ++j) f(one, Vectors<1>(), j, rows[part]);
  }
}

/// For one group of columns the sum over its rows, which term(d, element, column, sum so far) goes on with.
template <int kVectors, class T, class D, class Term>
HWY_INLINE void sum_rows(D d, std::int64_t j, std::int64_t rows, std::int64_t width, const Term& term,
                         T* sums) {
  const std::int64_t lanes = lanes_of(d);
  hn::Vec<D> total[kVectors];
  for (int v = 0; v < kVectors; ++v) total[v] = hn::Zero(d);
  for (std::int64_t i = 0; i < rows; ++i) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) total[v] = term(d, i * width + j + v * lanes, j + v * lanes, total[v]);
  }
  for (int v = 0; v < kVectors; ++v) hn::StoreU(total[v], d, sums + j + v * lanes);
}

template <class T, class Term>
HWY_INLINE void sum_columns(const ColumnBlock<T>& block, const Term& term, T* sums) {
  for_column_groups(block, [&](auto d, auto vectors, std::int64_t j, std::int64_t rows) HWY_ATTR {
    sum_rows<decltype(vectors)::value>(d, j, rows, block.width, term, sums);
  });
}

/// Stores value(d, element, column) for every element.
template <class T, class Value>
HWY_INLINE void map_columns(const ColumnBlock<T>& block, const Value& value, T* out) {
  const hn::ScalableTag<T> d;
  const hn::CappedTag<T, 1> one;
  const std::int64_t lanes = lanes_of(d);
  for (std::int64_t first = 0; first < block.count; first += block.width) {
    const std::int64_t cols = HWY_MIN(block.width, block.count - first);
    std::int64_t j = 0;
    for (; j + lanes <= cols; j += lanes) hn::StoreU(value(d, first + j, j), d, out + first + j);
    for (; j < cols; ++j) hn::StoreU(value(one, first + j, j), one, out + first + j);
  }
}

template <class T>
void sums(const ColumnBlock<T>& block, T* out) {
  sum_columns(
      block,
      [&](auto d, std::int64_t i, std::int64_t, auto total)
          HWY_ATTR { return hn::Add(total, hn::LoadU(d, block.x + i)); },
      out);
}

template <class T>
void squared_deviations(const ColumnBlock<T>& block, const T* mean, T* out) {
  sum_columns(
      block,
      [&](auto d, std::int64_t i, std::int64_t j, auto total) HWY_ATTR {
        const auto deviation = hn::Sub(hn::LoadU(d, block.x + i), hn::LoadU(d, mean + j));
        return hn::MulAdd(deviation, deviation, total);
      },
      out);
}

/// A map's parameters of one vector of columns. Without kClamps its bounds are not looked at.
template <bool kClamps, class D, class T = hn::TFromD<D>>
class MapVector {
 public:
  HWY_INLINE MapVector(D d, const ColumnMap<T>& map, std::int64_t j)
      : mean_(hn::LoadU(d, map.mean + j)),
        scale_(hn::LoadU(d, map.scale + j)),
        shift_(hn::LoadU(d, map.shift + j)),
        lower_(hn::Set(d, static_cast<T>(map.clamp.lower))),
        upper_(hn::Set(d, static_cast<T>(map.clamp.upper))) {}

  HWY_INLINE hn::Vec<D> scale() const { return scale_; }
  HWY_INLINE hn::Vec<D> deviation(hn::Vec<D> x) const { return hn::Sub(x, mean_); }
  HWY_INLINE hn::Vec<D> value(hn::Vec<D> x) const {
    const hn::Vec<D> y = unclamped(deviation(x));
    if constexpr (!kClamps) return y;
    // Comparisons that a NaN fails leave it as it is.
    const hn::Vec<D> raised = hn::IfThenElse(hn::Lt(y, lower_), lower_, y);
    return hn::IfThenElse(hn::Gt(raised, upper_), upper_, raised);
  }
  HWY_INLINE hn::Vec<D> gradient(hn::Vec<D> deviation, hn::Vec<D> dy) const {
    if constexpr (!kClamps) return dy;
    const hn::Vec<D> y = unclamped(deviation);
    return hn::IfThenElseZero(hn::And(hn::Gt(y, lower_), hn::Lt(y, upper_)), dy);
  }

 private:
  HWY_INLINE hn::Vec<D> unclamped(hn::Vec<D> deviation) const {
    return hn::MulAdd(deviation, scale_, shift_);
  }

  hn::Vec<D> mean_, scale_, shift_, lower_, upper_;
};

/// Both sums in one pass: x and dy come from memory once.
template <int kVectors, bool kClamps, class D, class T>
HWY_INLINE void multiply_rows(D d, std::int64_t j, std::int64_t rows, const ColumnBlock<T>& block,
                              const T* dy, const ColumnMap<T>& map, T* out_sums, T* out_products) {
  const std::int64_t lanes = lanes_of(d);
  hn::Vec<D> sum[kVectors];
  hn::Vec<D> product[kVectors];
  for (int v = 0; v < kVectors; ++v) sum[v] = product[v] = hn::Zero(d);
  for (std::int64_t i = 0; i < rows; ++i) {
    HWY_UNROLL(8)
    for (int v = 0; v < kVectors; ++v) {
      const std::int64_t at = i * block.width + j + v * lanes;
      const MapVector<kClamps, D> column(d, map, j + v * lanes);
      const auto deviation = column.deviation(hn::LoadU(d, block.x + at));
      const auto gradient = column.gradient(deviation, hn::LoadU(d, dy + at));
      sum[v] = hn::Add(sum[v], gradient);
      product[v] = hn::MulAdd(gradient, deviation, product[v]);
    }
  }
  for (int v = 0; v < kVectors; ++v) {
    hn::StoreU(sum[v], d, out_sums + j + v * lanes);
    hn::StoreU(product[v], d, out_products + j + v * lanes);
  }
}

template <bool kClamps, class T>
HWY_INLINE void products_of(const ColumnBlock<T>& block, const T* dy, const ColumnMap<T>& map, T* out_sums,
                            T* out_products) {
  for_column_groups(block, [&](auto d, auto vectors, std::int64_t j, std::int64_t rows) HWY_ATTR {
    multiply_rows<decltype(vectors)::value, kClamps>(d, j, rows, block, dy, map, out_sums, out_products);
  });
}

template <bool kClamps, class T>
HWY_INLINE void scale_of(const ColumnBlock<T>& block, const ColumnMap<T>& map, T* y) {
  map_columns(
      block,
      [&](auto d, std::int64_t i, std::int64_t j)
          HWY_ATTR { return MapVector<kClamps, decltype(d)>(d, map, j).value(hn::LoadU(d, block.x + i)); },
      y);
}

template <bool kClamps, class T>
HWY_INLINE void combine_of(const ColumnBlock<T>& block, const T* dy, const ColumnMap<T>& map,
                           const ColumnCombination<T>& by, T* dx) {
  map_columns(
      block,
      [&](auto d, std::int64_t i, std::int64_t j) HWY_ATTR {
        const MapVector<kClamps, decltype(d)> column(d, map, j);
        const auto deviation = column.deviation(hn::LoadU(d, block.x + i));
        const auto gradient = column.gradient(deviation, hn::LoadU(d, dy + i));
        const auto shifted = hn::MulAdd(deviation, hn::LoadU(d, by.x_scale + j), hn::LoadU(d, by.shift + j));
        return hn::MulAdd(gradient, column.scale(), shifted);
      },
      dx);
}

template <class T>
void products(const ColumnBlock<T>& block, const T* dy, const ColumnMap<T>& map, T* out_sums,
              T* out_products) {
  if (map.clamp.active()) return products_of<true>(block, dy, map, out_sums, out_products);
  products_of<false>(block, dy, map, out_sums, out_products);
}

template <class T>
void scale(const ColumnBlock<T>& block, const ColumnMap<T>& map, T* y) {
  if (map.clamp.active()) return scale_of<true>(block, map, y);
  scale_of<false>(block, map, y);
}

template <class T>
void combine(const ColumnBlock<T>& block, const T* dy, const ColumnMap<T>& map,
             const ColumnCombination<T>& by, T* dx) {
  if (map.clamp.active()) return combine_of<true>(block, dy, map, by, dx);
  combine_of<false>(block, dy, map, by, dx);
}

template <class T>
ColumnKernels<T> kernels_of_target() {
  return {sums<T>, squared_deviations<T>, products<T>, scale<T>, combine<T>};
}
ColumnKernels<float> column_kernels_f32() { return kernels_of_target<float>(); }
ColumnKernels<double> column_kernels_f64() { return kernels_of_target<double>(); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sepal::kernels
HWY_AFTER_NAMESPACE();

#endif  // SEPAL_KERNELS_COLUMNS_INL_H_
