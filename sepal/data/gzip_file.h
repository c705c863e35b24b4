// A file read through zlib: gzip is unpacked, anything else passes as it is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

struct gzFile_s;

namespace sepal {

class GzipFile {
 public:
  /// @throws OSError naming the path and the system's reason.
  explicit GzipFile(const std::string& path);
  ~GzipFile();
  GzipFile(const GzipFile&) = delete;
  GzipFile& operator=(const GzipFile&) = delete;

  /// Most bytes that the file can unpack to: deflate cannot shrink more than 1032 times.
  std::uint64_t most_bytes() const { return most_bytes_; }
  bool is_compressed() const { return compressed_; }

  /// Fills `out` as far as the file goes and gives the number of bytes.
  /// @throws ValueError for damaged or cut off gzip data; OSError if reading fails.
  std::size_t read(std::span<std::byte> out);

 private:
  [[noreturn]] void fail();

  std::string path_;
  std::uint64_t most_bytes_ = 0;
  bool compressed_ = false;
  gzFile_s* file_ = nullptr;
};

}  // namespace sepal
