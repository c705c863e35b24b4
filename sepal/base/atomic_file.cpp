#include "sepal/base/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "sepal/base/error.h"

namespace sepal {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPartSuffix = ".part";

std::string reason(int error) { return std::generic_category().message(error); }

// The name that a chain of symbolic links ends in; it need not exist. Linux gives up after 40 links as well.
std::string follow_links(const std::string& target) {
  fs::path path = target;
  std::error_code error;
  for (int links = 0; fs::is_symlink(path, error); ++links) {
    if (links == 40) throw OSError(fmt::format("Cannot write '{}': {}.", target, reason(ELOOP)));
    const fs::path next = fs::read_symlink(path, error);
    if (error) throw OSError(fmt::format("Cannot write '{}': {}.", target, error.message()));
    path = next.is_absolute() ? next : path.parent_path() / next;
  }
  return path.string();
}

fs::path folder_of(const std::string& path) {
  const fs::path folder = fs::path(path).parent_path();
  return folder.empty() ? fs::path(".") : folder;
}

// ".model.keras.": hidden, beside the target, and not matched by a pattern for finished files.
std::string temporary_prefix(const std::string& path) {
  return fmt::format(".{}.", fs::path(path).filename().string());
}

// A living writer holds a lock on its temporary file; one that can be locked was left by a killed process.
void remove_leftovers(const std::string& path) {
  const std::string prefix = temporary_prefix(path);
  std::error_code error;
  for (fs::directory_iterator entry(folder_of(path), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(kPartSuffix)) continue;
    const int descriptor = ::open(entry->path().c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (descriptor < 0) continue;
    if (::flock(descriptor, LOCK_EX | LOCK_NB) == 0) ::unlink(entry->path().c_str());
    ::close(descriptor);
  }
}

// Opens and locks a file of a name not yet used; -1 with errno on failure.
int open_temporary(const std::string& path, std::string& name) {
  static std::atomic<unsigned> counter{0};
  for (;;) {
    name = (folder_of(path) /
            fmt::format("{}{}-{}{}", temporary_prefix(path), ::getpid(), ++counter, kPartSuffix))
               .string();
    const int descriptor = ::open(name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (descriptor < 0 && errno == EEXIST) continue;
    if (descriptor < 0) return -1;
    // Between open and lock another writer may take the file for a leftover: then it holds the lock, or has
    // already removed the name. A file system without locks keeps leftovers, and loses nothing else.
    const bool taken = ::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    struct stat now {};
    if (!taken && ::fstat(descriptor, &now) == 0 && now.st_nlink > 0) return descriptor;
    ::close(descriptor);
  }
}

}  // namespace

AtomicFile::AtomicFile(const std::string& target) : target_(target), resolved_(follow_links(target)) {
  struct stat old {};
  const bool exists = ::stat(resolved_.c_str(), &old) == 0;
  if (!exists && errno != ENOENT) fail("open", errno);
  if (exists && S_ISDIR(old.st_mode)) fail("open", EISDIR);
  if (exists && !S_ISREG(old.st_mode)) {
    throw OSError(fmt::format("Cannot write '{}': it is not a regular file.", target_));
  }
  if (!exists && fs::path(resolved_).filename().empty()) fail("open", resolved_.empty() ? ENOENT : EISDIR);
  // A rename asks only the folder, so a file made read-only would be replaced all the same.
  if (exists && ::access(resolved_.c_str(), W_OK) != 0) fail("open", errno);

  remove_leftovers(resolved_);
  descriptor_ = open_temporary(resolved_, temporary_);
  if (descriptor_ < 0) {
    const int error = errno;
    temporary_.clear();
    fail("open", error);
  }
  if (exists) {
    // Owner first: changing it clears the set-user-id bits.
    [[maybe_unused]] const int owner_kept = ::fchown(descriptor_, old.st_uid, old.st_gid);
    if (::fchmod(descriptor_, old.st_mode & 07777) != 0) fail("set the mode of", errno);
  }
}

AtomicFile::~AtomicFile() { discard(); }

void AtomicFile::write(std::span<const std::byte> bytes) {
  expect_open();
  while (!bytes.empty()) {
    const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) fail("write", errno);
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
}

void AtomicFile::commit() {
  expect_open();
  // A failed fsync is final: a second one may report success for pages that the kernel has dropped.
  if (::fsync(descriptor_) != 0) fail("flush", errno);
  if (::rename(temporary_.c_str(), resolved_.c_str()) != 0) fail("put in place", errno);
  temporary_.clear();
  // The new name is durable once the folder is flushed too; some file systems cannot (EINVAL).
  const int folder = ::open(folder_of(resolved_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folder >= 0) {
    const int error = ::fsync(folder) != 0 ? errno : 0;
    ::close(folder);
    if (error != 0 && error != EINVAL) fail("flush the folder of", error);
  }
  // After fsync nothing is left that close could report.
  discard();
}

void AtomicFile::expect_open() const {
  if (descriptor_ < 0) {
    throw RuntimeError(fmt::format("Cannot write '{}': it was already committed, or failed.", target_));
  }
}

void AtomicFile::fail(const char* doing, int error) {
  discard();
  throw OSError(fmt::format("Cannot {} '{}': {}.", doing, target_, reason(error)));
}

void AtomicFile::discard() noexcept {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  temporary_.clear();
}

void write_file(const std::string& target, std::span<const std::byte> bytes) {
  AtomicFile file(target);
  file.write(bytes);
  file.commit();
}

}  // namespace sepal
