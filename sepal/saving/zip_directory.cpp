// The format: PKWARE, .ZIP File Format Specification (APPNOTE) 6.3.
#include "sepal/saving/zip_directory.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <set>
#include <utility>

#include "sepal/base/error.h"
#include "sepal/data/inflate.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

constexpr std::uint32_t kLocalHeader = 0x04034B50;
constexpr std::uint32_t kCentralHeader = 0x02014B50;
constexpr std::uint32_t kEnd = 0x06054B50;
constexpr std::uint32_t kEnd64 = 0x06064B50;
constexpr std::uint32_t kEnd64Locator = 0x07064B50;
constexpr std::uint32_t kDescriptor = 0x08074B50;

constexpr std::uint64_t kLocalHeaderBytes = 30;
constexpr std::uint64_t kCentralHeaderBytes = 46;
constexpr std::uint64_t kEndBytes = 22;
constexpr std::uint64_t kEnd64Bytes = 56;
constexpr std::uint64_t kEnd64LocatorBytes = 20;

constexpr std::uint16_t kZip64Extra = 0x0001;
// A 32-bit (16-bit) field of all ones says that its value stands in a ZIP64 record.
constexpr std::uint64_t kSee64 = 0xFFFFFFFF;
constexpr std::uint64_t kSee64Short = 0xFFFF;

constexpr std::uint32_t kUnixFile = 0x8000;
constexpr std::uint32_t kUnixFolder = 0x4000;

constexpr std::uint16_t kDescriptorFlag = 1U << 3;
// Bits 1 and 2 tell how hard the writer compressed, 3 that sizes follow the data, 11 that the name is UTF-8.
// The others are encryption, patches and masked headers.
constexpr std::uint16_t kKnownFlags = (1U << 1) | (1U << 2) | kDescriptorFlag | (1U << 11);

// A model has three members and perhaps a few assets.
constexpr std::uint64_t kMostMembers = 10000;
constexpr std::size_t kMostNameBytes = 4096;

/// What both headers of a member say.
struct Header {
  std::uint16_t flags = 0;
  std::uint16_t method = 0;
  std::uint32_t crc = 0;
  std::uint64_t compressed_size = 0;
  std::uint64_t size = 0;
  std::string name;
};

struct ByteRange {
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

class DirectoryReader {
 public:
  DirectoryReader(std::span<const std::byte> bytes, const std::string& file) : bytes_(bytes), file_(file) {}

  std::vector<ZipMember> read();

 private:
  struct End {
    std::uint64_t members = 0;
    ByteRange directory;
  };

  End read_end() const;
  End read_end64(std::uint64_t end_at) const;
  /// Returns where the member's bytes begin.
  std::uint64_t check_local(const Header& central, std::uint64_t at, std::vector<ByteRange>& used) const;
  void check_descriptor(const Header& member, std::uint64_t begin, std::uint64_t end) const;
  void check_name(const std::string& name) const;
  /// Fills the saturated ones of `fields` from the ZIP64 extra field, which holds them in this order.
  void read_extra64(std::uint64_t at, std::uint64_t length, const std::vector<std::uint64_t*>& fields,
                    const std::string& name) const;

  template <class T>
  T number(std::uint64_t at) const {
    if (at > bytes_.size() || bytes_.size() - at < sizeof(T)) {
      throw ValueError(
          fmt::format("'{}' is not a complete zip archive: it ends at byte {}, inside of a "
                      "record. The file may be cut off.",
                      file_, bytes_.size()));
    }
    T value;
    std::memcpy(&value, bytes_.data() + at, sizeof(T));
    return value;
  }

  std::string text(std::uint64_t at, std::uint64_t length) const {
    if (length == 0) return {};
    number<std::uint8_t>(at + length - 1);
    return {reinterpret_cast<const char*>(bytes_.data()) + at, length};
  }

  [[noreturn]] void refuse(const std::string& what) const {
    throw ValueError(fmt::format("'{}' is not a zip archive that can be read: {}.", file_, what));
  }
  [[noreturn]] void refuse_member(const std::string& name, const std::string& what) const {
    throw ValueError(fmt::format("'{}': archive member '{}': {}.", file_, printable(name), what));
  }

  std::span<const std::byte> bytes_;
  const std::string& file_;
};

DirectoryReader::End DirectoryReader::read_end() const {
  const std::uint64_t size = bytes_.size();
  if (size < kLocalHeaderBytes + kEndBytes) {
    refuse(fmt::format("it has only {} bytes", size));
  }
  const std::uint64_t at = size - kEndBytes;
  // An archive comment, which nobody writes into models, would stand after this record as junk does.
  if (number<std::uint32_t>(at) != kEnd || number<std::uint16_t>(at + 20) != 0) {
    refuse("expected its end record in the last 22 bytes. The file may be cut off, or have junk at its end");
  }
  if (number<std::uint16_t>(at + 4) != 0 || number<std::uint16_t>(at + 6) != 0 ||
      number<std::uint16_t>(at + 8) != number<std::uint16_t>(at + 10)) {
    refuse("archives of several parts are not supported");
  }
  const std::uint64_t members = number<std::uint16_t>(at + 10);
  const std::uint64_t length = number<std::uint32_t>(at + 12);
  const std::uint64_t begin = number<std::uint32_t>(at + 16);
  if (members == kSee64Short || length == kSee64 || begin == kSee64) return read_end64(at);
  if (begin + length != at) {
    refuse(fmt::format("its directory is said to fill bytes {} to {}, expected it to end at {}", begin,
                       begin + length, at));
  }
  return {members, {begin, at}};
}

DirectoryReader::End DirectoryReader::read_end64(std::uint64_t end_at) const {
  if (end_at < kEnd64LocatorBytes + kEnd64Bytes) refuse("its ZIP64 end record is missing");
  const std::uint64_t locator = end_at - kEnd64LocatorBytes;
  const std::uint64_t at = locator - kEnd64Bytes;
  if (number<std::uint32_t>(locator) != kEnd64Locator || number<std::uint64_t>(locator + 8) != at ||
      number<std::uint32_t>(at) != kEnd64 || number<std::uint64_t>(at + 4) != kEnd64Bytes - 12) {
    refuse("its ZIP64 end record is damaged");
  }
  const auto members = number<std::uint64_t>(at + 32);
  const auto length = number<std::uint64_t>(at + 40);
  const auto begin = number<std::uint64_t>(at + 48);
  if (number<std::uint32_t>(at + 16) != 0 || number<std::uint32_t>(at + 20) != 0 ||
      number<std::uint64_t>(at + 24) != members) {
    refuse("archives of several parts are not supported");
  }
  if (begin > at || length != at - begin) refuse("its ZIP64 end record does not fit the directory");
  return {members, {begin, at}};
}

void DirectoryReader::read_extra64(std::uint64_t at, std::uint64_t length,
                                   const std::vector<std::uint64_t*>& fields, const std::string& name) const {
  const bool needed = std::any_of(fields.begin(), fields.end(), [](auto* field) { return *field == kSee64; });
  if (!needed) return;
  const std::uint64_t end = at + length;
  while (end - at >= 4) {
    const auto id = number<std::uint16_t>(at);
    const std::uint64_t bytes = number<std::uint16_t>(at + 2);
    at += 4;
    if (bytes > end - at) break;
    if (id != kZip64Extra) {
      at += bytes;
      continue;
    }
    const std::uint64_t field_end = at + bytes;
    for (std::uint64_t* field : fields) {
      if (*field != kSee64) continue;
      if (field_end - at < 8) refuse_member(name, "its ZIP64 sizes are incomplete");
      *field = number<std::uint64_t>(at);
      at += 8;
    }
    return;
  }
  refuse_member(name, "its ZIP64 sizes are missing");
}

void DirectoryReader::check_name(const std::string& name) const {
  const bool has_control =
      std::any_of(name.begin(), name.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
  bool climbs = false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.compare(begin, end - begin, "..") == 0) climbs = true;
    begin = end + 1;
  }
  if (name.empty() || name.size() > kMostNameBytes || has_control || climbs || name[0] == '/' ||
      name.find('\\') != std::string::npos || name.find(':') != std::string::npos) {
    refuse_member(name, "expected a relative name without '..', '\\', ':' and control characters");
  }
}

void DirectoryReader::check_descriptor(const Header& member, std::uint64_t begin, std::uint64_t end) const {
  const std::uint64_t length = end - begin;
  // The signature is optional and the sizes have 4 or 8 bytes: 12, 16, 20 or 24 bytes in all.
  const bool has_signature = length == 16 || length == 24;
  const bool wide = length == 20 || length == 24;
  bool good = length == 12 || has_signature || wide;
  if (good) {
    if (has_signature) good = number<std::uint32_t>(begin) == kDescriptor;
    const std::uint64_t at = begin + (has_signature ? 4 : 0);
    good = good && number<std::uint32_t>(at) == member.crc;
    if (wide) {
      good = good && number<std::uint64_t>(at + 4) == member.compressed_size &&
             number<std::uint64_t>(at + 12) == member.size;
    } else {
      good = good && number<std::uint32_t>(at + 4) == member.compressed_size &&
             number<std::uint32_t>(at + 8) == member.size;
    }
  }
  if (!good) refuse_member(member.name, "the sizes after its data differ from those in the directory");
}

std::uint64_t DirectoryReader::check_local(const Header& central, std::uint64_t at,
                                           std::vector<ByteRange>& used) const {
  if (number<std::uint32_t>(at) != kLocalHeader) {
    refuse_member(central.name, fmt::format("expected its header at byte {}", at));
  }
  Header local;
  local.flags = number<std::uint16_t>(at + 6);
  local.method = number<std::uint16_t>(at + 8);
  local.crc = number<std::uint32_t>(at + 14);
  local.compressed_size = number<std::uint32_t>(at + 18);
  local.size = number<std::uint32_t>(at + 22);
  const std::uint64_t name_length = number<std::uint16_t>(at + 26);
  const std::uint64_t extra_length = number<std::uint16_t>(at + 28);
  local.name = text(at + kLocalHeaderBytes, name_length);
  const std::uint64_t extra = at + kLocalHeaderBytes + name_length;
  read_extra64(extra, extra_length, {&local.size, &local.compressed_size}, central.name);

  const bool sizes_follow =
      (local.flags & kDescriptorFlag) != 0 && local.crc == 0 && local.compressed_size == 0 && local.size == 0;
  if (local.flags != central.flags || local.method != central.method || local.name != central.name ||
      (!sizes_follow && (local.crc != central.crc || local.compressed_size != central.compressed_size ||
                         local.size != central.size))) {
    refuse_member(
        central.name,
        fmt::format("its header at byte {} (name '{}', method {}, {} bytes stored, {} bytes inflated) "
                    "differs from the directory (method {}, {} bytes stored, {} bytes inflated)",
                    at, printable(local.name), local.method, local.compressed_size, local.size,
                    central.method, central.compressed_size, central.size));
  }
  const std::uint64_t data = extra + extra_length;
  if (data > bytes_.size() || central.compressed_size > bytes_.size() - data) {
    refuse_member(central.name, fmt::format("{} bytes are said to start at byte {} of {}",
                                            central.compressed_size, data, bytes_.size()));
  }
  used.push_back({at, data + central.compressed_size});
  return data;
}

std::vector<ZipMember> DirectoryReader::read() {
  const End end = read_end();
  if (end.members > kMostMembers) {
    refuse(fmt::format("it has {} members, expected at most {}", end.members, kMostMembers));
  }
  std::vector<ZipMember> members;
  std::vector<Header> headers;
  std::vector<ByteRange> used;
  std::set<std::string> names;
  std::uint64_t at = end.directory.begin;
  for (std::uint64_t i = 0; i < end.members; ++i) {
    if (number<std::uint32_t>(at) != kCentralHeader) {
      refuse(fmt::format("expected entry {} of its directory at byte {}", i, at));
    }
    Header header;
    header.flags = number<std::uint16_t>(at + 8);
    header.method = number<std::uint16_t>(at + 10);
    header.crc = number<std::uint32_t>(at + 16);
    header.compressed_size = number<std::uint32_t>(at + 20);
    header.size = number<std::uint32_t>(at + 24);
    const std::uint64_t name_length = number<std::uint16_t>(at + 28);
    const std::uint64_t extra_length = number<std::uint16_t>(at + 30);
    const std::uint64_t comment_length = number<std::uint16_t>(at + 32);
    const std::uint64_t disk = number<std::uint16_t>(at + 34);
    const std::uint32_t attributes = number<std::uint32_t>(at + 38);
    std::uint64_t local_at = number<std::uint32_t>(at + 42);
    header.name = text(at + kCentralHeaderBytes, name_length);
    check_name(header.name);
    read_extra64(at + kCentralHeaderBytes + name_length, extra_length,
                 {&header.size, &header.compressed_size, &local_at}, header.name);
    at += kCentralHeaderBytes + name_length + extra_length + comment_length;

    if (!names.insert(header.name).second) refuse_member(header.name, "the name comes twice");
    if (disk != 0) refuse_member(header.name, "archives of several parts are not supported");
    if ((header.flags & ~kKnownFlags) != 0) {
      refuse_member(header.name,
                    fmt::format("encryption and patches are not supported (flags {:#06x})", header.flags));
    }
    // The upper half is the mode of a Unix file: 0xA000 marks a symbolic link.
    const std::uint32_t kind = attributes >> 16 & 0xF000U;
    if (kind == 0xA000U) refuse_member(header.name, "it is a symbolic link");
    if (kind != 0 && kind != kUnixFile && kind != kUnixFolder) {
      refuse_member(header.name,
                    fmt::format("expected a file. Received: a Unix mode of {:#08o}", attributes >> 16));
    }
    const auto method = static_cast<ZipMethod>(header.method);
    if (method != ZipMethod::stored && method != ZipMethod::deflated) {
      refuse_member(header.name, fmt::format("compression method {} is not supported, expected 0 (stored) or "
                                             "8 (deflated)",
                                             header.method));
    }
    const bool impossible = method == ZipMethod::stored
                                ? header.size != header.compressed_size
                                : header.size / kMostInflation > header.compressed_size;
    if (impossible) {
      refuse_member(header.name, fmt::format("{} bytes cannot hold the {} bytes that it is said to have",
                                             header.compressed_size, header.size));
    }
    const std::uint64_t offset = check_local(header, local_at, used);
    members.push_back({header.name, method, header.crc, offset, header.compressed_size, header.size});
    headers.push_back(std::move(header));
  }
  if (at != end.directory.end) {
    refuse(fmt::format("its directory ends at byte {}, expected {}", at, end.directory.end));
  }

  std::vector<std::size_t> order(used.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](auto a, auto b) { return used[a].begin < used[b].begin; });
  std::uint64_t expected = 0;
  for (std::size_t i = 0; i < order.size(); ++i) {
    const std::size_t member = order[i];
    const std::uint64_t next = i + 1 < order.size() ? used[order[i + 1]].begin : end.directory.begin;
    if (used[member].begin != expected || used[member].end > next) {
      const std::string before =
          i == 0 ? "" : fmt::format(" ('{}' before it)", printable(headers[order[i - 1]].name));
      refuse_member(headers[member].name,
                    fmt::format("it starts at byte {}, expected {}{}: members must follow each other without "
                                "gaps or overlaps",
                                used[member].begin, expected, before));
    }
    if ((headers[member].flags & kDescriptorFlag) != 0) {
      check_descriptor(headers[member], used[member].end, next);
      expected = next;
    } else {
      expected = used[member].end;
    }
  }
  if (expected != end.directory.begin) {
    const std::string last = order.empty() ? "" : fmt::format(" '{}'", printable(headers[order.back()].name));
    refuse(fmt::format("its last member{} ends at byte {} and its directory starts at byte {}", last,
                       expected, end.directory.begin));
  }
  return members;
}

}  // namespace

std::vector<ZipMember> read_zip_directory(std::span<const std::byte> archive, const std::string& file) {
  return DirectoryReader(archive, file).read();
}

}  // namespace sepal
