// out[i] = f(a[i], b[i], …): loops over whole arrays, cut among threads.
//
// The loops are plain so that the compiler vectorises them; most of these maps are bound by memory, where a
// wider register gains nothing.
#pragma once

#include <cstdint>
#include <utility>

#include "sepal/base/parallel.h"

namespace sepal::kernels {

/// Elements worth a thread: 16K floats are 64 KiB, about 10 us of memory traffic against about 2 us to wake a
/// thread.
inline constexpr std::int64_t kElementGrain = 16384;

namespace detail {

// Arguments by value: a functor that lived behind a pointer would be read again after every store to `out`.
// Flattened, because a loop with a call in it is not vectorised.
template <class F, class Out, class... In>
[[gnu::flatten]] void map_range(std::int64_t begin, std::int64_t end, F f, Out* out, const In*... in) {
  for (std::int64_t i = begin; i < end; ++i) out[i] = f(in[i]...);
}

}  // namespace detail

/// out[i] = f(in[i]...) for i in [0, count). `out` may be one of the inputs.
template <class F, class Out, class... In>
void map(std::int64_t count, F f, Out* out, const In*... in) {
  if (count <= kElementGrain) return detail::map_range(std::int64_t{0}, count, f, out, in...);
  parallel_for(count, kElementGrain,
               [=](std::int64_t begin, std::int64_t end) { detail::map_range(begin, end, f, out, in...); });
}

}  // namespace sepal::kernels
