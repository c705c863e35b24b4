// f(a, b) element by element with NumPy's broadcasting.
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

#include "sepal/base/shape.h"
#include "sepal/kernels/elementwise.h"

namespace sepal::kernels {

/// One axis of the result; an operand that is broadcast along it has stride 0.
struct BroadcastAxis {
  std::int64_t length;
  std::int64_t stride_a;  // in elements
  std::int64_t stride_b;
};

/// The axes of the result, neighbours joined where both operands allow it: operands of one shape have one
/// axis, (n,h,w,c) and (c,) have two. Never empty; the innermost axis has stride 1 in at least one operand.
struct BroadcastPlan {
  std::int64_t count = 0;  // elements of the result
  std::vector<BroadcastAxis> axes;
};

/// `out` is the shape that broadcasting a and b gives.
BroadcastPlan plan_broadcast(const Shape& a, const Shape& b, const Shape& out);

namespace detail {

// One stretch along the innermost axis. The strides are 0 or 1; each pair is a loop of its own, so that each
// is vectorised.
template <class T, class F>
void broadcast_row(std::int64_t n, F f, T* out, const T* a, std::int64_t stride_a, const T* b,
                   std::int64_t stride_b) {
  if (stride_a == 0) {
    const T value = *a;
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(value, b[i]);
  } else if (stride_b == 0) {
    const T value = *b;
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], value);
  } else {
    for (std::int64_t i = 0; i < n; ++i) out[i] = f(a[i], b[i]);
  }
}

// Elements [begin, end) of the result.
template <class T, class F>
void broadcast_range(const BroadcastPlan& plan, std::int64_t begin, std::int64_t end, F f, T* out, const T* a,
                     const T* b) {
  const int last = static_cast<int>(plan.axes.size()) - 1;
  std::array<std::int64_t, kMaxRank> index{};
  std::int64_t rest = begin;
  for (int i = last; i >= 0; --i) {
    const BroadcastAxis& axis = plan.axes[static_cast<std::size_t>(i)];
    const std::int64_t at = rest % axis.length;
    rest /= axis.length;
    index[static_cast<std::size_t>(i)] = at;
    a += at * axis.stride_a;
    b += at * axis.stride_b;
  }
  const BroadcastAxis inner = plan.axes.back();
  std::int64_t at = begin;
  while (at < end) {
    std::int64_t& column = index[static_cast<std::size_t>(last)];
    const std::int64_t n = std::min(inner.length - column, end - at);
    broadcast_row(n, f, out + at, a, inner.stride_a, b, inner.stride_b);
    at += n;
    a -= column * inner.stride_a;
    b -= column * inner.stride_b;
    column = 0;
    for (int i = last - 1; i >= 0; --i) {
      const BroadcastAxis& axis = plan.axes[static_cast<std::size_t>(i)];
      std::int64_t& position = index[static_cast<std::size_t>(i)];
      a += axis.stride_a;
      b += axis.stride_b;
      if (++position < axis.length) break;
      a -= axis.length * axis.stride_a;
      b -= axis.length * axis.stride_b;
      position = 0;
    }
  }
}

// out[i] = f(a[i], row[i % length]). A short row is repeated first: a loop over 8 or 32 channels costs more
// to enter than to run.
template <class T, class F>
void map_repeated_row(std::int64_t count, F f, T* out, const T* a, const T* row, std::int64_t length) {
  constexpr std::int64_t kTile = 1024;
  const std::int64_t tile_length = std::max<std::int64_t>(1, kTile / length) * length;
  std::vector<T> tile(static_cast<std::size_t>(tile_length));
  for (std::int64_t i = 0; i < tile_length; ++i) tile[static_cast<std::size_t>(i)] = row[i % length];
  parallel_for(count, kElementGrain, [&, f](std::int64_t begin, std::int64_t end) {
    std::int64_t offset = begin % length;
    for (std::int64_t at = begin; at < end;) {
      const std::int64_t n = std::min(tile_length - offset, end - at);
      broadcast_row(n, f, out + at, a + at, 1, tile.data() + offset, 1);
      at += n;
      offset = 0;
    }
  });
}

}  // namespace detail

/// out[i] = f(a[…], b[…]).
template <class T, class F>
void map_broadcast(const BroadcastPlan& plan, F f, T* out, const T* a, const T* b) {
  if (plan.count == 0) return;
  // A row as long as this is entered seldom enough.
  constexpr std::int64_t kLongRow = 256;
  const BroadcastAxis& inner = plan.axes.back();
  const bool rows = plan.axes.size() == 2 && inner.stride_a == 1 && inner.stride_b == 1;
  if (rows && inner.length < kLongRow && plan.count > 4 * kLongRow) {
    if (plan.axes[0].stride_b == 0) return detail::map_repeated_row(plan.count, f, out, a, b, inner.length);
    const auto swapped = [f](T x, T y) { return f(y, x); };
    return detail::map_repeated_row(plan.count, swapped, out, b, a, inner.length);
  }
  parallel_for(plan.count, kElementGrain, [&, f](std::int64_t begin, std::int64_t end) {
    detail::broadcast_range(plan, begin, end, f, out, a, b);
  });
}

}  // namespace sepal::kernels
