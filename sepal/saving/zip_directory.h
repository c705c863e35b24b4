// The list of a zip archive's members, read so strictly that no two readers can see different archives in one
// file.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace sepal {

/// How a member's bytes are stored.
enum class ZipMethod : std::uint16_t { stored = 0, deflated = 8 };

struct ZipMember {
  std::string name;
  ZipMethod method = ZipMethod::stored;
  std::uint32_t crc = 0;
  std::uint64_t offset = 0;           // where its bytes begin in the archive
  std::uint64_t compressed_size = 0;  // bytes in the archive
  std::uint64_t size = 0;             // bytes after inflating
};

/// One entry for each member, in the order of the central directory.
///
/// The members must fill the file without gaps and without overlaps, each local header must say what the
/// central directory says, and no name may come twice or point out of a folder.
/// @throws ValueError naming the file, the member, what was found and what was expected.
std::vector<ZipMember> read_zip_directory(std::span<const std::byte> archive, const std::string& file);

}  // namespace sepal
