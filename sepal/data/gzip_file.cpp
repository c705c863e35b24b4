#include "sepal/data/gzip_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"

namespace sepal {
namespace {

// The length field of deflate allows 258 bytes for two bits: 1032 to 1.
constexpr std::uint64_t kMostRatio = 1032;

}  // namespace

GzipFile::GzipFile(const std::string& path) : path_(path) {
  const InputFile file(path);  // refuses folders and pipes, and knows the size
  file_ = ::gzopen(path.c_str(), "rb");
  if (file_ == nullptr) {
    throw OSError(fmt::format("Cannot read '{}': {}.", path, std::generic_category().message(errno)));
  }
  compressed_ = ::gzdirect(file_) == 0;
  most_bytes_ = compressed_ ? file.size() * kMostRatio : file.size();
}

GzipFile::~GzipFile() { ::gzclose_r(file_); }

std::size_t GzipFile::read(std::span<std::byte> out) {
  std::size_t done = 0;
  while (done < out.size()) {
    // gzread counts in int.
    const std::size_t piece = std::min(out.size() - done, std::size_t{1} << 30);
    const int got = ::gzread(file_, out.data() + done, static_cast<unsigned>(piece));
    if (got < 0) fail();
    if (got == 0) break;
    done += static_cast<std::size_t>(got);
  }
  // A file cut off inside its gzip data is reported by the status alone.
  int status = Z_OK;
  ::gzerror(file_, &status);
  if (status != Z_OK && status != Z_STREAM_END) fail();
  return done;
}

void GzipFile::fail() {
  int status = Z_OK;
  const std::string reason = ::gzerror(file_, &status);
  if (status == Z_ERRNO) throw OSError(fmt::format("Cannot read '{}': {}.", path_, reason));
  throw ValueError(fmt::format("'{}' holds damaged or cut off gzip data: {}.", path_, reason));
}

}  // namespace sepal
