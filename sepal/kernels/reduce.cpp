#include "sepal/kernels/reduce.h"

#include <algorithm>
#include <array>
#include <limits>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/elementwise.h"

namespace sepal::kernels {
namespace {

struct Sum {
  using Accumulator = double;
  static constexpr double kEmpty = 0;
  static double join(double total, double value) { return total + value; }
};

// Two choices instead of one condition of two parts, which compilers do not vectorise. NaN stays, whichever
// side it is on.
template <class T>
struct Max {
  using Accumulator = T;
  static constexpr T kEmpty = -std::numeric_limits<T>::infinity();
  static T join(T most, T value) {
    const T larger = value > most ? value : most;
    return value != value ? value : larger;
  }
};

template <class T>
struct Min {
  using Accumulator = T;
  static constexpr T kEmpty = std::numeric_limits<T>::infinity();
  static T join(T least, T value) {
    const T smaller = value < least ? value : least;
    return value != value ? value : smaller;
  }
};

// Eight accumulators: four SSE2 registers of doubles, enough to hide the latency of an addition.
template <class R, class T>
typename R::Accumulator reduce_row(std::int64_t n, const T* x) {
  using A = typename R::Accumulator;
  constexpr std::size_t kLanes = 8;
  std::array<A, kLanes> lanes;
  lanes.fill(R::kEmpty);
  std::int64_t i = 0;
  for (; i + static_cast<std::int64_t>(kLanes) <= n; i += static_cast<std::int64_t>(kLanes)) {
    for (std::size_t k = 0; k < kLanes; ++k)
      lanes[k] = R::join(lanes[k], static_cast<A>(x[i + static_cast<std::int64_t>(k)]));
  }
  for (std::size_t k = 0; i < n; ++i, ++k) lanes[k] = R::join(lanes[k], static_cast<A>(x[i]));
  for (std::size_t width = kLanes / 2; width > 0; width /= 2) {
    for (std::size_t k = 0; k < width; ++k) lanes[k] = R::join(lanes[k], lanes[k + width]);
  }
  return lanes[0];
}

// out[c] = join of x[r * stride + c] over r. Four rows at a time: the accumulators pass through L1 a quarter
// as often.
template <class R, class T>
void reduce_columns(std::int64_t rows, std::int64_t columns, std::int64_t stride, const T* x,
                    typename R::Accumulator* out) {
  using A = typename R::Accumulator;
  std::fill_n(out, columns, R::kEmpty);
  std::int64_t r = 0;
  for (; r + 4 <= rows; r += 4, x += 4 * stride) {
    const T* x1 = x + stride;
    const T* x2 = x1 + stride;
    const T* x3 = x2 + stride;
    for (std::int64_t c = 0; c < columns; ++c) {
      const A left = R::join(static_cast<A>(x[c]), static_cast<A>(x1[c]));
      const A right = R::join(static_cast<A>(x2[c]), static_cast<A>(x3[c]));
      out[c] = R::join(out[c], R::join(left, right));
    }
  }
  for (; r < rows; ++r, x += stride) {
    for (std::int64_t c = 0; c < columns; ++c) out[c] = R::join(out[c], static_cast<A>(x[c]));
  }
}

// How a reduction is cut: blocks of columns whose accumulators stay in L1, and pieces of `count` where there
// are too few blocks to occupy the threads. A function of the sizes alone.
struct Cut {
  explicit Cut(const ReduceSizes& s) : block(std::min(s.inner, kMostColumns)) {
    blocks = (s.inner + block - 1) / block;
    const std::int64_t wanted = (kTasks + s.outer * blocks - 1) / (s.outer * blocks);
    const std::int64_t worth = s.count * block / (2 * kElementGrain);
    pieces = std::clamp<std::int64_t>(std::min(wanted, worth), 1, std::max<std::int64_t>(s.count, 1));
  }
  static constexpr std::int64_t kMostColumns = 1024;  // 8 KiB of doubles
  static constexpr std::int64_t kTasks = 64;          // keeps 64 threads busy
  std::int64_t block;
  std::int64_t blocks = 1;
  std::int64_t pieces = 1;
};

template <class R, class T>
void reduce(const ReduceSizes& s, const T* x, typename R::Accumulator* out) {
  using A = typename R::Accumulator;
  if (s.outer * s.inner == 0) return;
  const Cut cut(s);
  std::vector<A> partial(cut.pieces > 1 ? static_cast<std::size_t>(s.outer * cut.pieces * s.inner) : 0);
  A* target = cut.pieces > 1 ? partial.data() : out;
  const std::int64_t task_elements = std::max<std::int64_t>(1, s.count / cut.pieces * cut.block);
  const std::int64_t grain = std::max<std::int64_t>(1, kElementGrain / task_elements);
  const auto run = [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const std::int64_t column = task % cut.blocks * cut.block;
      const std::int64_t piece = task / cut.blocks % cut.pieces;
      const std::int64_t row = task / cut.blocks / cut.pieces;
      const std::int64_t first = s.count * piece / cut.pieces;
      const std::int64_t rows = s.count * (piece + 1) / cut.pieces - first;
      const T* from = x + (row * s.count + first) * s.inner + column;
      A* to = target + (row * cut.pieces + piece) * s.inner + column;
      if (s.inner == 1) {
        *to = reduce_row<R>(rows, from);
      } else {
        reduce_columns<R>(rows, std::min(cut.block, s.inner - column), s.inner, from, to);
      }
    }
  };
  parallel_for(s.outer * cut.pieces * cut.blocks, grain, run);
  if (cut.pieces > 1) reduce<R>({s.outer, cut.pieces, s.inner}, static_cast<const A*>(partial.data()), out);
}

template <class T>
void share_row(std::int64_t n, const T* x, T extreme, T weight, T* out) {
  const std::int64_t ties = std::count(x, x + n, extreme);
  const T share = weight / static_cast<T>(ties);
  for (std::int64_t i = 0; i < n; ++i) out[i] = x[i] == extreme ? share : T(0);
}

template <class T>
void share_columns(std::int64_t rows, std::int64_t columns, const T* x, const T* extreme, const T* weight,
                   T* out) {
  std::vector<T> shares(static_cast<std::size_t>(columns), T(0));
  T* share = shares.data();
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) share[c] += x[r * columns + c] == extreme[c] ? T(1) : T(0);
  }
  for (std::int64_t c = 0; c < columns; ++c) share[c] = weight[c] / share[c];
  for (std::int64_t r = 0; r < rows; ++r) {
    for (std::int64_t c = 0; c < columns; ++c) {
      out[r * columns + c] = x[r * columns + c] == extreme[c] ? share[c] : T(0);
    }
  }
}

}  // namespace

template <class T>
void reduce_sum(const ReduceSizes& sizes, const T* x, double* out) {
  reduce<Sum>(sizes, x, out);
}

template <class T>
void reduce_max(const ReduceSizes& sizes, const T* x, T* out) {
  reduce<Max<T>>(sizes, x, out);
}

template <class T>
void reduce_min(const ReduceSizes& sizes, const T* x, T* out) {
  reduce<Min<T>>(sizes, x, out);
}

template <class T>
void share_among_ties(const ReduceSizes& s, const T* x, const T* extreme, const T* weight, T* out) {
  const std::int64_t block_elements = s.count * s.inner;
  const std::int64_t grain =
      std::max<std::int64_t>(1, kElementGrain / std::max<std::int64_t>(1, block_elements));
  parallel_for(s.outer, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t o = begin; o < end; ++o) {
      const std::int64_t first = o * s.inner;
      if (s.inner == 1) {
        share_row(s.count, x + o * s.count, extreme[first], weight[first], out + o * s.count);
      } else {
        share_columns(s.count, s.inner, x + o * block_elements, extreme + first, weight + first,
                      out + o * block_elements);
      }
    }
  });
}

template <class T>
void argmax(const ReduceSizes& s, const T* x, std::int64_t* out) {
  const std::int64_t grain = std::max<std::int64_t>(1, kElementGrain / std::max<std::int64_t>(1, s.count));
  parallel_for(s.outer * s.inner, grain, [=](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* column = x + i / s.inner * s.count * s.inner + i % s.inner;
      std::int64_t best = 0;
      T most = std::numeric_limits<T>::lowest();
      if constexpr (std::numeric_limits<T>::has_infinity) most = -std::numeric_limits<T>::infinity();
      for (std::int64_t r = 0; r < s.count; ++r) {
        const T value = column[r * s.inner];
        if (value > most) {
          most = value;
          best = r;
        }
      }
      out[i] = best;
    }
  });
}

template void reduce_sum(const ReduceSizes&, const float*, double*);
template void reduce_sum(const ReduceSizes&, const double*, double*);
template void reduce_max(const ReduceSizes&, const float*, float*);
template void reduce_max(const ReduceSizes&, const double*, double*);
template void reduce_min(const ReduceSizes&, const float*, float*);
template void reduce_min(const ReduceSizes&, const double*, double*);
template void share_among_ties(const ReduceSizes&, const float*, const float*, const float*, float*);
template void share_among_ties(const ReduceSizes&, const double*, const double*, const double*, double*);
template void argmax(const ReduceSizes&, const float*, std::int64_t*);
template void argmax(const ReduceSizes&, const double*, std::int64_t*);
template void argmax(const ReduceSizes&, const std::int32_t*, std::int64_t*);
template void argmax(const ReduceSizes&, const std::int64_t*, std::int64_t*);
template void argmax(const ReduceSizes&, const std::uint8_t*, std::int64_t*);

}  // namespace sepal::kernels
