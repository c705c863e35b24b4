// The header of a .npy file: dtype, order and shape, written as a Python dictionary.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "sepal/base/dtype.h"
#include "sepal/base/shape.h"

namespace sepal {

struct NpyHeader {
  DType dtype = DType::float32;
  bool big_endian = false;
  bool fortran_order = false;
  Shape shape;
  std::size_t data_offset = 0;  // bytes from the start of the file to the first element
};

/// A header may take this many bytes; NumPy itself reads no more than 10000 characters.
inline constexpr std::size_t kMostNpyHeaderBytes = 65536;

/// Reads the header from the first bytes of a file: all of it, or at least kMostNpyHeaderBytes. The
/// dictionary is parsed by a grammar of exactly what NumPy writes (format 1.0, 2.0 and 3.0); nothing is
/// evaluated.
/// @throws ValueError naming the file, what was found and what was expected.
NpyHeader parse_npy_header(std::span<const std::byte> begin, const std::string& file);

/// The header of format 1.0 of a little-endian, C-ordered array.
/// @throws TypeError for bfloat16, which NumPy has no name for.
std::string format_npy_header(DType dtype, const Shape& shape);

}  // namespace sepal
