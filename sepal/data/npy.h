// NumPy's .npy files: one array each (NumPy: numpy.lib.format).
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// The array of a .npy file, formats 1.0 to 3.0. Elements are float16 to float64, whole numbers of 1 to 8
/// bytes or bool, in either byte order; a Fortran-ordered array comes out row-major. Nothing is evaluated:
/// pickled objects are refused.
/// @throws OSError if the file cannot be read; ValueError naming the file, what was found and what was
/// expected, before memory is taken for elements that the file does not hold.
Tensor read_npy(const std::string& path);

/// The same from the bytes of a file; `name` stands in messages.
Tensor parse_npy(std::span<const std::byte> bytes, const std::string& name);

/// Writes format 1.0, little-endian, row-major, as `numpy.save` does. An existing file is
/// replaced whole or not at all.
/// @throws OSError if it cannot be written; TypeError for bfloat16, which NumPy lacks; ValueError for a
/// tensor without a value.
void write_npy(const std::string& path, const Tensor& tensor);

}  // namespace sepal
