// Byte order of numbers in files.
#pragma once

#include <bit>
#include <cstddef>

namespace sepal {

// The readers take "big-endian" for "to be reversed".
static_assert(std::endian::native == std::endian::little, "Sepal is written for little-endian machines.");

/// Reverses the bytes of each of `count` elements of `element_size` bytes (1, 2, 4 or 8) in place.
void reverse_bytes(void* elements, std::size_t element_size, std::size_t count);

}  // namespace sepal
