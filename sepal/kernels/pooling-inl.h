// The body of pooling.cpp, compiled once for each SIMD target: rows of channels_last images, vectors along
// the channels.
#if defined(SEPAL_KERNELS_POOLING_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef SEPAL_KERNELS_POOLING_INL_H_
#undef SEPAL_KERNELS_POOLING_INL_H_
#else
#define SEPAL_KERNELS_POOLING_INL_H_
#endif

#include <hwy/highway.h>

#include <cstdint>

#include "sepal/kernels/pooling_rows.h"

HWY_BEFORE_NAMESPACE();
namespace sepal::kernels {
namespace HWY_NAMESPACE {
namespace {

namespace hn = hwy::HWY_NAMESPACE;

/// Calls f(d, c) for vectors that cover the channels: the last of them begins so that it ends with the
/// channels, and what it shares with the one before is computed twice. Fewer channels take smaller vectors.
template <class T, std::size_t kLanes = hn::MaxLanes(hn::ScalableTag<T>()), class F>
HWY_INLINE void for_channels(std::int64_t channels, const F& f) {
  const hn::CappedTag<T, kLanes> d;
  constexpr auto lanes = static_cast<std::int64_t>(kLanes);
  if constexpr (kLanes > 1) {
    if (channels < lanes) return for_channels<T, kLanes / 2>(channels, f);
  }
  std::int64_t c = 0;
  for (; c + lanes <= channels; c += lanes) f(d, c);
  if (c < channels) f(d, channels - lanes);
}

/// The largest element of a window: first the maximum alone, then where it is, so that no step waits for a
/// comparison of the one before.
template <class T>
void max_row(const PoolPlan& plan, const T* x, std::int64_t out_row, T* y, T* taps) {
  const Window2D& w = plan.window;
  const PoolRange rows = plan.cells_of_row[static_cast<std::size_t>(out_row)];
  for (const PoolRange& cols : plan.cells_of_col) {
    const T* first = x + (rows.begin * w.in_w + cols.begin) * w.in_c;
    for_channels<T>(w.in_c, [&](auto d, std::int64_t c) HWY_ATTR {
      auto largest = hn::LoadU(d, first + c);
      auto is_nan = hn::IsNaN(largest);
      const T* row_cells = first + c;
      for (std::int64_t i = 0; i < rows.size(); ++i, row_cells += w.in_w * w.in_c) {
        const T* cell = row_cells;
        for (std::int64_t j = 0; j < cols.size(); ++j, cell += w.in_c) {
          const auto value = hn::LoadU(d, cell);
          largest = hn::Max(value, largest);
          is_nan = hn::Or(is_nan, hn::IsNaN(value));
        }
      }
      hn::StoreU(hn::IfThenElse(is_nan, hn::NaN(d), largest), d, y + c);
      if (taps == nullptr) return;
      auto tap = hn::Zero(d);
      for (std::int64_t i = rows.size(); i-- > 0;) {
        const T* cell = first + c + (i * w.in_w + cols.size()) * w.in_c;
        auto number = hn::Set(d, static_cast<T>((rows.tap + i) * w.kernel_w + cols.tap + cols.size()));
        for (std::int64_t j = cols.size(); j-- > 0;) {
          cell -= w.in_c;
          number = hn::Sub(number, hn::Set(d, T(1)));
          tap = hn::IfThenElse(hn::Eq(hn::LoadU(d, cell), largest), number, tap);
        }
      }
      hn::StoreU(tap, d, taps + c);
    });
    y += w.in_c;
    if (taps != nullptr) taps += w.in_c;
  }
}

template <class T>
void max_gradient_row(const PoolPlan& plan, const T* dy, const T* taps, std::int64_t in_row, T* dx) {
  const Window2D& w = plan.window;
  const PoolRange rows = plan.windows_of_row[static_cast<std::size_t>(in_row)];
  for (const PoolRange& cols : plan.windows_of_col) {
    for_channels<T>(w.in_c, [&](auto d, std::int64_t c) HWY_ATTR {
      auto sum = hn::Zero(d);
      for (std::int64_t i = 0; i < rows.size(); ++i) {
        std::int64_t at = ((rows.begin + i) * w.out_w + cols.begin) * w.in_c + c;
        std::int64_t number = (rows.tap - i * w.stride_h) * w.kernel_w + cols.tap;
        for (std::int64_t j = 0; j < cols.size(); ++j, at += w.in_c, number -= w.stride_w) {
          const auto is_source = hn::Eq(hn::LoadU(d, taps + at), hn::Set(d, static_cast<T>(number)));
          sum = hn::Add(sum, hn::IfThenElseZero(is_source, hn::LoadU(d, dy + at)));
        }
      }
      hn::StoreU(sum, d, dx + c);
    });
    dx += w.in_c;
  }
}

/// The sum of `count` vectors, `step` elements apart. Windows are mostly three cells wide and high.
template <class D, class T>
HWY_INLINE hn::Vec<D> sum_of(D d, const T* first, std::int64_t count, std::int64_t step) {
  auto sum = hn::LoadU(d, first);
  if (count == 3) return hn::Add(hn::Add(sum, hn::LoadU(d, first + step)), hn::LoadU(d, first + 2 * step));
  for (std::int64_t i = 1; i < count; ++i) sum = hn::Add(sum, hn::LoadU(d, first + i * step));
  return sum;
}

/// `column_sums` gets the sums of the window's columns: windows that overlap share them. 3 x 3 with stride 1
/// then loads six vectors for a result in place of nine.
template <class T>
void average_row(const PoolPlan& plan, const T* x, std::int64_t out_row, T* column_sums, T* y) {
  const Window2D& w = plan.window;
  const std::int64_t row_elements = w.in_w * w.in_c;
  const PoolRange rows = plan.cells_of_row[static_cast<std::size_t>(out_row)];
  for_channels<T>(row_elements, [&](auto d, std::int64_t i) HWY_ATTR {
    hn::StoreU(sum_of(d, x + rows.begin * row_elements + i, rows.size(), row_elements), d, column_sums + i);
  });
  for (const PoolRange& cols : plan.cells_of_col) {
    const T* first = column_sums + cols.begin * w.in_c;
    const T count = static_cast<T>(rows.size() * cols.size());
    for_channels<T>(w.in_c, [&](auto d, std::int64_t c) HWY_ATTR {
      hn::StoreU(hn::Div(sum_of(d, first + c, cols.size(), w.in_c), hn::Set(d, count)), d, y + c);
    });
    y += w.in_c;
  }
}

template <class T>
void average_gradient_row(const PoolPlan& plan, const T* dy, std::int64_t in_row, T* dx) {
  const Window2D& w = plan.window;
  const PoolRange rows = plan.windows_of_row[static_cast<std::size_t>(in_row)];
  for (const PoolRange& cols : plan.windows_of_col) {
    for_channels<T>(w.in_c, [&](auto d, std::int64_t c) HWY_ATTR {
      auto sum = hn::Zero(d);
      for (std::int64_t row = rows.begin; row < rows.end; ++row) {
        const std::int64_t height = plan.cells_of_row[static_cast<std::size_t>(row)].size();
        for (std::int64_t col = cols.begin; col < cols.end; ++col) {
          const T count = static_cast<T>(height * plan.cells_of_col[static_cast<std::size_t>(col)].size());
          const auto gradient = hn::LoadU(d, dy + (row * w.out_w + col) * w.in_c + c);
          sum = hn::Add(sum, hn::Div(gradient, hn::Set(d, count)));
        }
      }
      hn::StoreU(sum, d, dx + c);
    });
    dx += w.in_c;
  }
}

template <class T>
PoolRows<T> rows_of_target() {
  return {max_row<T>, max_gradient_row<T>, average_row<T>, average_gradient_row<T>};
}
PoolRows<float> pool_rows_f32() { return rows_of_target<float>(); }
PoolRows<double> pool_rows_f64() { return rows_of_target<double>(); }

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace sepal::kernels
HWY_AFTER_NAMESPACE();

#endif  // SEPAL_KERNELS_POOLING_INL_H_
