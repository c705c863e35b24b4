// Copies between strided arrays: transposes, slices, padding, concatenation and broadcasting are all this.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace sepal::kernels {

/// One axis of the elements copied; strides in elements, 0 in `from` to repeat.
struct CopyAxis {
  std::int64_t length;
  std::int64_t from;
  std::int64_t to;
};

/// to[Σ i·axis.to] = from[Σ i·axis.from] over all indices. The axes stand in the order of `to`, outermost
/// first, so that writing runs through memory; no two indices write one element.
/// `element_size` is 1, 2, 4 or 8 bytes.
void copy_strided(std::vector<CopyAxis> axes, std::size_t element_size, const void* from, void* to);

}  // namespace sepal::kernels
