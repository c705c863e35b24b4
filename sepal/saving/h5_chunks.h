// Datasets stored in chunks.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "sepal/saving/h5_claims.h"
#include "sepal/saving/h5_object.h"

namespace sepal {

/// Checks chunks and filters against the dataset's `bytes` and the file, before memory is taken, and claims
/// their bytes. Returns how many bytes its chunks have when inflated.
/// @throws ValueError naming `path` for filters other than deflate, shuffle and fletcher32, and sizes that
/// the file cannot hold.
std::uint64_t check_h5_chunks(const H5Image& image, H5Claims& claims, const H5Object& dataset,
                              std::uint64_t bytes, const std::string& path);

/// Fills `out` with the elements of a dataset that was checked, in the file's byte order.
/// @throws ValueError naming `path` if a chunk is missing or damaged.
void read_h5_chunks(const H5Image& image, const H5Object& dataset, std::span<std::byte> out,
                    const std::string& path);

}  // namespace sepal
