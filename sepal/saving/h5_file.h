// Reads HDF5 files from memory: weights of Keras models.
#pragma once

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "sepal/base/shared_bytes.h"
#include "sepal/base/tensor.h"

namespace sepal {

/// Whether the bytes begin as an HDF5 file does.
bool is_h5(std::span<const std::byte> bytes);

/// What is known of a dataset before its elements are read.
struct H5Dataset {
  Shape shape;
  std::optional<DType> dtype;  // empty: elements that no tensor can hold
  std::string type;            // in words, for messages
};

/// Names directly inside a group, sorted as bytes.
struct H5Group {
  std::vector<std::string> groups;
  std::vector<std::string> datasets;
};

/// An HDF5 file. Groups and datasets are named by their path from the root without a leading '/'; the root is
/// "". Any number of threads may read.
///
/// Read without the HDF5 library, which believes what a file says: changed bytes make it crash or hang. All
/// that Keras writes is understood (old-style groups, contiguous, compact or chunked datasets), newer formats
/// are refused by name. Links other than plain ones, data outside of the file, filters other than deflate,
/// shuffle and checksum, two names for one object, overlapping datasets, and sizes that the file cannot hold
/// are refused before memory is taken. No other file is opened.
class H5File {
 public:
  /// `name` stands in messages.
  /// @throws ValueError naming the object, what was found and what was expected.
  H5File(SharedBytes image, std::string name);
  ~H5File();
  H5File(const H5File&) = delete;
  H5File& operator=(const H5File&) = delete;

  const std::string& name() const { return name_; }
  const std::map<std::string, H5Group>& groups() const { return groups_; }
  const std::map<std::string, H5Dataset>& datasets() const { return datasets_; }
  bool has_group(const std::string& path) const { return groups_.contains(path); }

  /// A string attribute of a group; empty if there is none of this name.
  /// @throws ValueError if it is no string.
  std::optional<std::string> string_attribute(const std::string& group, const std::string& attribute) const;
  /// The same for a list of strings; an empty list of any type is one.
  std::optional<std::vector<std::string>> string_list_attribute(const std::string& group,
                                                                const std::string& attribute) const;

  /// The elements of a dataset, converted to this machine's byte order.
  /// @throws ValueError if there is no such dataset, it is damaged, or no tensor can hold its elements.
  Tensor read(const std::string& path) const;

 private:
  struct Contents;
  class Walk;
  std::string name_;
  std::map<std::string, H5Group> groups_;
  std::map<std::string, H5Dataset> datasets_;
  std::unique_ptr<Contents> contents_;
};

/// "a/b" of "a" and "b"; "b" of "" and "b".
std::string h5_join(const std::string& group, const std::string& name);

}  // namespace sepal
