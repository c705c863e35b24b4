// Zip archives in memory: the container of .keras files. Nothing is ever unpacked to disk.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "sepal/base/shared_bytes.h"
#include "sepal/saving/zip_directory.h"

namespace sepal {

/// Whether the bytes begin as a zip archive with at least one member does.
bool is_zip(std::span<const std::byte> bytes);

/// An archive to read. Members may be stored or deflated.
class Archive {
 public:
  /// `file` stands in messages.
  /// @throws ValueError as read_zip_directory.
  Archive(SharedBytes bytes, std::string file);
  ~Archive();
  Archive(const Archive&) = delete;
  Archive& operator=(const Archive&) = delete;

  const std::vector<ZipMember>& members() const { return members_; }
  bool has(const std::string& member) const;

  /// The member's bytes, checked against its declared size and its CRC; those of a stored member are a part
  /// of the archive's.
  /// @throws ValueError naming file and member if it is missing, damaged or larger than `most_bytes`.
  SharedBytes read(const std::string& member, std::uint64_t most_bytes) const;

  /// The same for a member that holds weights or a config, which have no more than most_plausible_bytes.
  SharedBytes read_plausible(const std::string& member, std::uint64_t most_bytes) const;

 private:
  struct Zip;
  std::vector<ZipMember>::const_iterator find(const std::string& member) const;
  SharedBytes inflate(const ZipMember& member) const;
  SharedBytes bytes_;
  std::string file_;
  std::vector<ZipMember> members_;
  std::unique_ptr<Zip> zip_;
};

struct NewMember {
  std::string name;
  std::span<const std::byte> bytes;
};

/// A zip archive of these members: stored, in this order, dated 1980-01-01, so that equal members give equal
/// archives.
/// @throws OSError if there is no memory.
std::vector<std::byte> make_archive(const std::vector<NewMember>& members);

}  // namespace sepal
