// IDX files, the format of MNIST: a magic number with dtype and rank, the lengths, then the elements, all
// big-endian (described at the head of Y. LeCun's MNIST page).
#pragma once

#include <string>

#include "sepal/base/tensor.h"

namespace sepal {

/// The array of an IDX file, plain or compressed by gzip (told apart by content, not by name).
/// Dtypes: uint8, int8, int16, int32, float32, float64.
/// @throws OSError if the file cannot be read; ValueError naming the file, what was found and what was
/// expected, before memory is taken for elements that the file cannot hold.
Tensor read_idx(const std::string& path);

}  // namespace sepal
