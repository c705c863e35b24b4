// .npz files: zip archives of .npy members, as golden values come in.
#pragma once

#include <map>
#include <string>

#include "sepal/base/tensor.h"

namespace sepal::testing {

/// The arrays of a .npz file by name (without ".npy").
/// @throws OSError if the archive or a member cannot be read; ValueError for a damaged member.
std::map<std::string, Tensor> read_npz(const std::string& path);

}  // namespace sepal::testing
