// Which bytes of an HDF5 file belong to what.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sepal/saving/h5_image.h"

namespace sepal {

/// The parts of the file that were found so far. No two of a sound file overlap; in one that was made to
/// exhaust memory or time, many things share few bytes.
class H5Claims {
 public:
  explicit H5Claims(const H5Image& image) : image_(image) {}

  /// Bytes that describe `path`, or its elements.
  /// @throws ValueError naming `path` if the file is shorter, or if all parts together have more bytes than
  /// it.
  void add_table(std::uint64_t begin, std::uint64_t bytes, const std::string& path);
  void add_elements(std::uint64_t begin, std::uint64_t bytes, const std::string& path);

  /// @throws ValueError naming a dataset that shares bytes with another one or with a table.
  void expect_no_overlaps();

 private:
  struct Range {
    std::uint64_t begin;
    std::uint64_t end;
    std::string path;  // empty: a table
  };
  void add(Range range, const std::string& path);

  const H5Image& image_;
  std::vector<Range> ranges_;
  std::uint64_t bytes_ = 0;
};

}  // namespace sepal
