#include "sepal/base/input_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "sepal/base/error.h"

namespace sepal {
namespace {

[[noreturn]] void fail(const std::string& path, int error) {
  throw OSError(fmt::format("Cannot read '{}': {}.", path, std::generic_category().message(error)));
}

void expect_at_most(const InputFile& file, std::uint64_t most_bytes) {
  if (file.size() <= most_bytes) return;
  throw ValueError(fmt::format("'{}' is too large: expected at most {} bytes. Received: {} bytes",
                               file.path(), most_bytes, file.size()));
}

}  // namespace

InputFile::InputFile(const std::string& path) : path_(path) {
  // O_NONBLOCK: opening a pipe must not wait for a writer; it changes nothing for regular files.
  descriptor_ = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (descriptor_ < 0) fail(path, errno);
  struct stat status {};
  const int error = ::fstat(descriptor_, &status) != 0 ? errno : S_ISDIR(status.st_mode) ? EISDIR : 0;
  if (error != 0 || !S_ISREG(status.st_mode)) {
    ::close(descriptor_);
    if (error != 0) fail(path, error);
    throw OSError(fmt::format("Cannot read '{}': it is not a regular file.", path));
  }
  size_ = static_cast<std::uint64_t>(status.st_size);
}

InputFile::~InputFile() { ::close(descriptor_); }

void InputFile::read(std::uint64_t offset, std::span<std::byte> out) const {
  while (!out.empty()) {
    const ssize_t got = ::pread(descriptor_, out.data(), out.size(), static_cast<off_t>(offset));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fail(path_, errno);
    if (got == 0) {
      throw OSError(fmt::format("Cannot read '{}': the file ends at byte {}, {} bytes short.", path_, offset,
                                out.size()));
    }
    out = out.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
}

std::vector<std::byte> read_file(const std::string& path, std::uint64_t most_bytes) {
  const InputFile file(path);
  expect_at_most(file, most_bytes);
  std::vector<std::byte> bytes(file.size());
  file.read(0, bytes);
  return bytes;
}

SharedBytes read_shared_file(const std::string& path, std::uint64_t most_bytes) {
  const InputFile file(path);
  expect_at_most(file, most_bytes);
  return SharedBytes::filled(file.size(), [&](std::span<std::byte> out) { file.read(0, out); });
}

}  // namespace sepal
