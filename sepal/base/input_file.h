// A regular file opened for reading, of a known size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "sepal/base/shared_bytes.h"

namespace sepal {

/// Bytes are copied into the caller's memory, not mapped: a file that shrinks while it is read gives an error
/// and no SIGBUS.
class InputFile {
 public:
  /// @throws OSError naming the path and the system's reason if it cannot be opened or is no regular file.
  explicit InputFile(const std::string& path);
  ~InputFile();
  InputFile(const InputFile&) = delete;
  InputFile& operator=(const InputFile&) = delete;

  const std::string& path() const { return path_; }
  /// Bytes, when it was opened.
  std::uint64_t size() const { return size_; }

  /// Fills `out` with the bytes from `offset` on.
  /// @throws OSError if the file ends before or cannot be read.
  void read(std::uint64_t offset, std::span<std::byte> out) const;

 private:
  std::string path_;
  std::uint64_t size_ = 0;
  int descriptor_ = -1;
};

/// All bytes of a regular file.
/// @throws OSError as InputFile; ValueError if the file is larger than `most_bytes`.
std::vector<std::byte> read_file(const std::string& path, std::uint64_t most_bytes);
/// The same, to be shared.
SharedBytes read_shared_file(const std::string& path, std::uint64_t most_bytes);

}  // namespace sepal
