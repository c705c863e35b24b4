#include "sepal/kernels/strided_copy.h"

#include <algorithm>
#include <cassert>
#include <cstring>

#include "sepal/base/parallel.h"
#include "sepal/kernels/elementwise.h"

namespace sepal::kernels {
namespace {

// Axes of length 1 dropped and neighbours joined where both strides allow it.
std::vector<CopyAxis> simplified(const std::vector<CopyAxis>& axes) {
  std::vector<CopyAxis> result;
  for (const CopyAxis& axis : axes) {
    if (axis.length == 1) continue;
    const bool joins = !result.empty() && result.back().from == axis.from * axis.length &&
                       result.back().to == axis.to * axis.length;
    if (joins) {
      result.back() = {result.back().length * axis.length, axis.from, axis.to};
    } else {
      result.push_back(axis);
    }
  }
  if (result.empty()) result.push_back({1, 1, 1});
  return result;
}

struct Offsets {
  std::int64_t from = 0;
  std::int64_t to = 0;
};

std::int64_t product(const std::vector<CopyAxis>& axes) {
  std::int64_t count = 1;
  for (const CopyAxis& axis : axes) count *= axis.length;
  return count;
}

Offsets offsets_of(const std::vector<CopyAxis>& axes, std::int64_t index) {
  Offsets offsets;
  for (std::size_t i = axes.size(); i-- > 0;) {
    const std::int64_t at = index % axes[i].length;
    index /= axes[i].length;
    offsets.from += at * axes[i].from;
    offsets.to += at * axes[i].to;
  }
  return offsets;
}

template <class T>
void copy_row(std::int64_t n, const CopyAxis& axis, const T* from, T* to) {
  if (axis.from == 1 && axis.to == 1) {
    std::memcpy(to, from, static_cast<std::size_t>(n) * sizeof(T));
  } else if (axis.from == 0 && axis.to == 1) {
    std::fill_n(to, n, *from);
  } else {
    for (std::int64_t i = 0; i < n; ++i) to[i * axis.to] = from[i * axis.from];
  }
}

// Rows along the innermost axis; long ones are cut so that threads can share them.
template <class T>
void copy_rows(std::vector<CopyAxis> outer, const CopyAxis& row, const T* from, T* to) {
  const std::int64_t pieces = (row.length + kElementGrain - 1) / kElementGrain;
  const std::int64_t grain = std::max<std::int64_t>(1, kElementGrain / row.length);
  parallel_for(product(outer) * pieces, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const Offsets base = offsets_of(outer, task / pieces);
      const std::int64_t first = task % pieces * kElementGrain;
      const std::int64_t n = std::min(kElementGrain, row.length - first);
      copy_row(n, row, from + base.from + first * row.from, to + base.to + first * row.to);
    }
  });
}

// `down` is contiguous in `from`, `along` in `to`: the plane is copied in square tiles, so that every cache
// line of either side is used whole while it is in L1 (two tiles of 32x32 floats are 8 KiB).
template <class T>
void copy_planes(const std::vector<CopyAxis>& outer, const CopyAxis& down, const CopyAxis& along,
                 const T* from, T* to) {
  constexpr std::int64_t kTile = 32;
  const std::int64_t bands = (down.length + kTile - 1) / kTile;
  const std::int64_t grain = std::max<std::int64_t>(1, kElementGrain / (kTile * along.length));
  parallel_for(product(outer) * bands, grain, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t task = begin; task < end; ++task) {
      const Offsets base = offsets_of(outer, task / bands);
      const std::int64_t top = task % bands * kTile;
      const std::int64_t bottom = std::min(top + kTile, down.length);
      for (std::int64_t left = 0; left < along.length; left += kTile) {
        const std::int64_t right = std::min(left + kTile, along.length);
        for (std::int64_t i = top; i < bottom; ++i) {
          const T* source = from + base.from + i;
          T* target = to + base.to + i * down.to;
          for (std::int64_t j = left; j < right; ++j) target[j] = source[j * along.from];
        }
      }
    }
  });
}

template <class T>
void copy(std::vector<CopyAxis> axes, const void* from, void* to) {
  const auto* source = static_cast<const T*>(from);
  auto* target = static_cast<T*>(to);
  const CopyAxis row = axes.back();
  axes.pop_back();
  const auto down = std::find_if(axes.begin(), axes.end(), [](const CopyAxis& a) { return a.from == 1; });
  if (row.from > 1 && row.to == 1 && down != axes.end()) {
    const CopyAxis plane = *down;
    axes.erase(down);
    copy_planes(axes, plane, row, source, target);
  } else {
    copy_rows(axes, row, source, target);
  }
}

}  // namespace

void copy_strided(std::vector<CopyAxis> axes, std::size_t element_size, const void* from, void* to) {
  if (product(axes) == 0) return;
  axes = simplified(axes);
  switch (element_size) {
    case 1:
      return copy<std::uint8_t>(std::move(axes), from, to);
    case 2:
      return copy<std::uint16_t>(std::move(axes), from, to);
    case 4:
      return copy<std::uint32_t>(std::move(axes), from, to);
    default:
      assert(element_size == 8);
      return copy<std::uint64_t>(std::move(axes), from, to);
  }
}

}  // namespace sepal::kernels
