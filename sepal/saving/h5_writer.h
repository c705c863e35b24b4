// Writes HDF5 files to memory as h5py does for Keras.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal {

/// Builds one file: old-style groups, contiguous little-endian datasets, no times, so that equal contents
/// give equal bytes. Paths are as in H5File; missing groups on the way are made.
class H5Writer {
 public:
  H5Writer();
  ~H5Writer();
  H5Writer(const H5Writer&) = delete;
  H5Writer& operator=(const H5Writer&) = delete;

  void group(const std::string& path);
  /// bfloat16 becomes two opaque bytes with the attribute dtype="bfloat16", as Keras writes it.
  void dataset(const std::string& path, const Tensor& tensor);
  /// A scalar UTF-8 string of variable length, on a group that exists.
  void string_attribute(const std::string& group, const std::string& attribute, const std::string& value);
  /// A list of such strings; an empty list becomes one of float64, as h5py has it.
  void string_list_attribute(const std::string& group, const std::string& attribute,
                             const std::vector<std::string>& values);

  /// The file's bytes; nothing may be written after it.
  /// @throws OSError, as all the others, if the library fails.
  std::vector<std::byte> finish();

 private:
  class Library;
  std::unique_ptr<Library> library_;
};

}  // namespace sepal
