#include "sepal/saving/archive.h"

#include <fmt/format.h>
#include <zip.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "sepal/base/error.h"
#include "sepal/data/inflate.h"
#include "sepal/saving/plausible.h"
#include "sepal/saving/printable.h"

namespace sepal {

// Not local to this file because a member of Archive holds it.
struct DiscardZip {
  void operator()(zip_t* zip) const { zip_discard(zip); }
};

namespace {

struct CloseZipFile {
  void operator()(zip_file_t* file) const { zip_fclose(file); }
};
struct FreeSource {
  void operator()(zip_source_t* source) const { zip_source_free(source); }
};
using ZipHandle = std::unique_ptr<zip_t, DiscardZip>;
using SourceHandle = std::unique_ptr<zip_source_t, FreeSource>;

// The text of an error, which must be released after use.
class ZipError {
 public:
  ZipError() { zip_error_init(&error_); }
  ~ZipError() { zip_error_fini(&error_); }
  ZipError(const ZipError&) = delete;
  ZipError& operator=(const ZipError&) = delete;
  zip_error_t* get() { return &error_; }
  std::string text() { return zip_error_strerror(&error_); }

 private:
  zip_error_t error_;
};

[[noreturn]] void fail_writing(const std::string& reason) {
  throw OSError(fmt::format("Cannot build a zip archive: {}.", reason));
}

// 1980-01-01 00:00, the earliest moment that a zip archive can name, in MS-DOS form: year - 1980, month and
// day in 7, 4 and 5 bits.
constexpr zip_uint16_t kDosDate = (0U << 9) | (1U << 5) | 1U;

void add_member(zip_t* zip, const NewMember& member) {
  SourceHandle source(zip_source_buffer(zip, member.bytes.data(), member.bytes.size(), 0));
  if (!source) fail_writing(zip_strerror(zip));
  const zip_int64_t index = zip_file_add(zip, member.name.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
  if (index < 0) fail_writing(zip_strerror(zip));
  source.release();  // the archive owns it now
  const auto at = static_cast<zip_uint64_t>(index);
  if (zip_set_file_compression(zip, at, ZIP_CM_STORE, 0) != 0 ||
      zip_file_set_dostime(zip, at, 0, kDosDate, 0) != 0) {
    fail_writing(zip_strerror(zip));
  }
}

std::vector<std::byte> bytes_of(zip_source_t* source) {
  zip_stat_t status;
  if (zip_source_stat(source, &status) != 0 || zip_source_open(source) != 0) {
    fail_writing(zip_error_strerror(zip_source_error(source)));
  }
  std::vector<std::byte> bytes(status.size);
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got < 0 || static_cast<std::uint64_t>(got) != bytes.size()) fail_writing("it cannot be read back");
  return bytes;
}

}  // namespace

bool is_zip(std::span<const std::byte> bytes) {
  constexpr char kMagic[] = {'P', 'K', 3, 4};
  return bytes.size() >= sizeof(kMagic) && std::memcmp(bytes.data(), kMagic, sizeof(kMagic)) == 0;
}

struct Archive::Zip {
  ZipHandle handle;
};

Archive::Archive(SharedBytes bytes, std::string file)
    : bytes_(std::move(bytes)), file_(std::move(file)), members_(read_zip_directory(bytes_, file_)) {
  ZipError error;
  SourceHandle source(zip_source_buffer_create(bytes_.data(), bytes_.size(), 0, error.get()));
  ZipHandle handle(source ? zip_open_from_source(source.get(), ZIP_RDONLY, error.get()) : nullptr);
  if (!handle) {
    throw ValueError(fmt::format("'{}' is not a zip archive that can be read: {}.", file_, error.text()));
  }
  source.release();  // the archive owns it now
  // libzip also looks for a directory elsewhere in the file; what it serves must be what was checked.
  bool same = zip_get_num_entries(handle.get(), 0) == static_cast<zip_int64_t>(members_.size());
  for (std::size_t i = 0; same && i < members_.size(); ++i) {
    zip_stat_t status;
    const ZipMember& member = members_[i];
    same = zip_stat_index(handle.get(), i, ZIP_FL_ENC_RAW, &status) == 0 && member.name == status.name &&
           member.size == status.size && member.compressed_size == status.comp_size &&
           member.crc == status.crc && static_cast<std::uint16_t>(member.method) == status.comp_method;
  }
  if (!same) {
    throw ValueError(
        fmt::format("'{}' is not a zip archive that can be read: it has two directories.", file_));
  }
  zip_ = std::make_unique<Zip>(Zip{std::move(handle)});
}

Archive::~Archive() = default;

bool Archive::has(const std::string& member) const { return find(member) != members_.end(); }

std::vector<ZipMember>::const_iterator Archive::find(const std::string& member) const {
  return std::find_if(members_.begin(), members_.end(), [&](const auto& m) { return m.name == member; });
}

SharedBytes Archive::read_plausible(const std::string& member, std::uint64_t most_bytes) const {
  const auto found = find(member);
  const std::uint64_t stored = found == members_.end() ? 0 : found->compressed_size;
  return read(member, std::min(most_bytes, most_plausible_bytes(stored)));
}

SharedBytes Archive::read(const std::string& member, std::uint64_t most_bytes) const {
  const auto found = find(member);
  if (found == members_.end()) {
    std::string names;
    for (const ZipMember& m : members_) names += (names.empty() ? "'" : ", '") + m.name + "'";
    throw ValueError(fmt::format("'{}': archive member '{}' is missing. Received members: {}", file_, member,
                                 printable(names)));
  }
  if (found->size > most_bytes) {
    throw ValueError(
        fmt::format("'{}': archive member '{}' is too large: expected at most {} bytes. "
                    "Received: {} bytes",
                    file_, member, most_bytes, found->size));
  }
  if (found->method != ZipMethod::stored) return inflate(*found);
  const SharedBytes bytes = bytes_.part(found->offset, found->size);
  if (crc32(bytes) != found->crc) {
    throw ValueError(fmt::format("'{}': archive member '{}' is damaged: CRC error.", file_, member));
  }
  return bytes;
}

SharedBytes Archive::inflate(const ZipMember& member) const {
  zip_t* zip = zip_->handle.get();
  const auto index = static_cast<zip_uint64_t>(&member - members_.data());
  const std::unique_ptr<zip_file_t, CloseZipFile> file(zip_fopen_index(zip, index, 0));
  if (!file) {
    throw ValueError(fmt::format("'{}': archive member '{}': {}.", file_, member.name, zip_strerror(zip)));
  }
  return SharedBytes::filled(member.size, [&](std::span<std::byte> out) {
    std::uint64_t filled = 0;
    zip_int64_t got = 0;
    while (filled < out.size()) {
      got = zip_fread(file.get(), out.data() + filled, out.size() - filled);
      if (got <= 0) break;
      filled += static_cast<std::uint64_t>(got);
    }
    // Only the read that meets the end compares the CRC; it must find nothing more.
    std::byte more;
    if (got >= 0 && filled == out.size()) got = zip_fread(file.get(), &more, 1);
    if (got < 0) {
      throw ValueError(fmt::format("'{}': archive member '{}' is damaged: {}.", file_, member.name,
                                   zip_file_strerror(file.get())));
    }
    if (got > 0 || filled != out.size()) {
      throw ValueError(fmt::format("'{}': archive member '{}' has {} than the {} bytes it is said to have.",
                                   file_, member.name, got > 0 ? "more" : "fewer", out.size()));
    }
  });
}

std::vector<std::byte> make_archive(const std::vector<NewMember>& members) {
  ZipError error;
  const SourceHandle source(zip_source_buffer_create(nullptr, 0, 0, error.get()));
  if (!source) fail_writing(error.text());
  ZipHandle zip(zip_open_from_source(source.get(), ZIP_CREATE | ZIP_TRUNCATE, error.get()));
  if (!zip) fail_writing(error.text());
  zip_source_keep(source.get());  // closing the archive gives up its own hold
  for (const NewMember& member : members) add_member(zip.get(), member);
  if (zip_close(zip.get()) != 0) fail_writing(zip_strerror(zip.get()));
  zip.release();
  return bytes_of(source.get());
}

}  // namespace sepal
