// A file that appears whole or not at all: written beside the target, flushed, then renamed over it.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace sepal {

/// Collects the bytes of a new file; `commit` puts it in the target's place. Until then, and after any
/// failure, the target is what it was before. A reader sees the old file or the new one, never a part.
///
/// A symbolic link is followed: what it names is replaced, the link stays. A file that exists keeps its mode
/// bits and, where the process may set it, its owner; a new file gets those that the umask leaves. Only
/// regular files are replaced: never a folder, a device or a pipe. Two writers of one target do not disturb
/// each other; the last to commit wins.
class AtomicFile {
 public:
  /// Opens a temporary file in the target's folder, and removes there what a killed writer of this target
  /// left.
  /// @throws OSError naming the target and the system's reason, as do `write` and `commit`.
  explicit AtomicFile(const std::string& target);
  /// Discards the bytes unless they were committed.
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  void write(std::span<const std::byte> bytes);
  void write(const std::string& text) { write(std::as_bytes(std::span(text))); }

  /// Flushes the bytes to the device and renames; nothing may be written after it. Only when the folder's own
  /// flush fails does it throw with the new file already in place: a power cut may still bring the old one
  /// back.
  void commit();

 private:
  void expect_open() const;
  [[noreturn]] void fail(const char* doing, int error);
  void discard() noexcept;

  std::string target_;     // as the caller named it, for messages
  std::string resolved_;   // the file to replace: symbolic links followed
  std::string temporary_;  // empty once renamed or removed
  int descriptor_ = -1;
};

/// Writes a whole file by AtomicFile.
void write_file(const std::string& target, std::span<const std::byte> bytes);

}  // namespace sepal
