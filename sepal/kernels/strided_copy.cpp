#include "sepal/kernels/strided_copy.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>

#include "sepal/base/parallel.h"
#include "sepal/base/shape.h"
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

std::int64_t product(const std::vector<CopyAxis>& axes) {
  std::int64_t count = 1;
  for (const CopyAxis& axis : axes) count *= axis.length;
  return count;
}

// Steps through the indices of `axes` in order, without a division for each.
class Walk {
 public:
  Walk(const std::vector<CopyAxis>& axes, std::int64_t start) : axes_(axes) {
    for (std::size_t i = axes.size(); i-- > 0;) {
      index_[i] = start % axes[i].length;
      start /= axes[i].length;
      from_ += index_[i] * axes[i].from;
      to_ += index_[i] * axes[i].to;
    }
  }
  void next() {
    for (std::size_t i = axes_.size(); i-- > 0;) {
      from_ += axes_[i].from;
      to_ += axes_[i].to;
      if (++index_[i] < axes_[i].length) return;
      from_ -= axes_[i].length * axes_[i].from;
      to_ -= axes_[i].length * axes_[i].to;
      index_[i] = 0;
    }
  }
  std::int64_t from() const { return from_; }
  std::int64_t to() const { return to_; }
  /// Position along the innermost axis.
  std::int64_t last() const { return index_[axes_.size() - 1]; }

 private:
  const std::vector<CopyAxis>& axes_;
  std::array<std::int64_t, kMaxRank + 1> index_{};
  std::int64_t from_ = 0;
  std::int64_t to_ = 0;
};

// Calls body(walk) for every index of `axes`; `elements` is the work at one index.
template <class Body>
void for_each_index(const std::vector<CopyAxis>& axes, std::int64_t elements, Body body) {
  const std::int64_t grain = std::max<std::int64_t>(1, kElementGrain / elements);
  parallel_for(product(axes), grain, [&](std::int64_t begin, std::int64_t end) {
    Walk walk(axes, begin);
    for (std::int64_t i = begin; i < end; ++i, walk.next()) body(walk);
  });
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
  outer.push_back({pieces, kElementGrain * row.from, kElementGrain * row.to});
  for_each_index(outer, std::min(row.length, kElementGrain), [&](const Walk& walk) {
    const std::int64_t n = std::min(kElementGrain, row.length - walk.last() * kElementGrain);
    copy_row(n, row, from + walk.from(), to + walk.to());
  });
}

// A row written `count` times, one behind the other: what is written is copied on, twice as much each time,
// as a copy of 32 channels costs more to call than to do.
template <class T>
void repeat_row(std::int64_t count, std::int64_t length, const T* from, T* to) {
  constexpr std::int64_t kMost = 2048;  // elements; stays in L1
  const std::int64_t total = count * length;
  std::memcpy(to, from, static_cast<std::size_t>(length) * sizeof(T));
  std::int64_t block = length;
  for (std::int64_t done = length; done < total;) {
    const std::int64_t n = std::min(block, total - done);
    std::memcpy(to + done, to, static_cast<std::size_t>(n) * sizeof(T));
    done += n;
    if (block < kMost) block = done;
  }
}

// Rows of `row` that stand `repeat.length` times behind each other in `to`.
template <class T>
void copy_repeated(std::vector<CopyAxis> outer, const CopyAxis& repeat, const CopyAxis& row, const T* from,
                   T* to) {
  const std::int64_t most = std::max<std::int64_t>(1, kElementGrain / row.length);
  const std::int64_t pieces = (repeat.length + most - 1) / most;
  outer.push_back({pieces, 0, most * row.length});
  for_each_index(outer, std::min(most, repeat.length) * row.length, [&](const Walk& walk) {
    repeat_row(std::min(most, repeat.length - walk.last() * most), row.length, from + walk.from(),
               to + walk.to());
  });
}

constexpr std::int64_t kTile = 32;

// to[i][j] = from[j][i] for a tile.
template <class T>
void transpose_tile(std::int64_t rows, std::int64_t columns, const T* from, std::int64_t from_stride, T* to,
                    std::int64_t to_stride) {
  for (std::int64_t i = 0; i < rows; ++i) {
    for (std::int64_t j = 0; j < columns; ++j) to[i * to_stride + j] = from[j * from_stride + i];
  }
}

// The whole tile through a small array: its constant strides let the compiler transpose in registers.
template <class T>
void transpose_full_tile(const T* from, std::int64_t from_stride, T* to, std::int64_t to_stride) {
  constexpr std::int64_t kBlock = 4;
  for (std::int64_t i = 0; i < kTile; i += kBlock) {
    for (std::int64_t j = 0; j < kTile; j += kBlock) {
      std::array<std::array<T, kBlock>, kBlock> in;
      for (std::size_t k = 0; k < kBlock; ++k) {
        std::memcpy(in[k].data(), from + (j + static_cast<std::int64_t>(k)) * from_stride + i, sizeof(in[k]));
      }
      for (std::size_t k = 0; k < kBlock; ++k) {
        const std::array<T, kBlock> out{in[0][k], in[1][k], in[2][k], in[3][k]};
        std::memcpy(to + (i + static_cast<std::int64_t>(k)) * to_stride + j, out.data(), sizeof(out));
      }
    }
  }
}

// `down` is contiguous in `from`, `along` in `to`: the plane is copied in square tiles, so that every cache
// line of either side is used whole while it is in L1 (two tiles of 32x32 floats are 8 KiB).
template <class T>
void copy_planes(std::vector<CopyAxis> outer, const CopyAxis& down, const CopyAxis& along, const T* from,
                 T* to) {
  outer.push_back({(down.length + kTile - 1) / kTile, kTile, kTile * down.to});
  for_each_index(outer, kTile * along.length, [&](const Walk& walk) {
    const std::int64_t rows = std::min(kTile, down.length - walk.last() * kTile);
    for (std::int64_t left = 0; left < along.length; left += kTile) {
      const std::int64_t columns = std::min(kTile, along.length - left);
      const T* source = from + walk.from() + left * along.from;
      T* target = to + walk.to() + left;
      if (rows == kTile && columns == kTile) {
        transpose_full_tile(source, along.from, target, down.to);
      } else {
        transpose_tile(rows, columns, source, along.from, target, down.to);
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
    copy_planes(std::move(axes), plane, row, source, target);
    return;
  }
  if (!axes.empty() && row.from == 1 && row.to == 1) {
    const CopyAxis repeat = axes.back();
    if (repeat.from == 0 && repeat.to == row.length) {
      axes.pop_back();
      return copy_repeated(std::move(axes), repeat, row, source, target);
    }
  }
  copy_rows(std::move(axes), row, source, target);
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
