#include "sepal/data/idx.h"

#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/data/byte_order.h"
#include "sepal/data/gzip_file.h"

namespace sepal {
namespace {

std::optional<DType> dtype_of_code(unsigned code) {
  switch (code) {
    case 0x08:
      return DType::uint8;
    case 0x09:
      return DType::int8;
    case 0x0B:
      return DType::int16;
    case 0x0C:
      return DType::int32;
    case 0x0D:
      return DType::float32;
    case 0x0E:
      return DType::float64;
    default:
      return std::nullopt;
  }
}

std::uint32_t read_u32(GzipFile& file, const std::string& path, const char* what) {
  std::array<std::byte, 4> bytes{};
  if (file.read(bytes) < bytes.size()) {
    throw ValueError(fmt::format("'{}' is cut off inside its IDX header: {} is missing.", path, what));
  }
  std::uint32_t value = 0;
  for (const std::byte byte : bytes) value = value << 8 | std::to_integer<std::uint32_t>(byte);
  return value;
}

struct IdxHeader {
  DType dtype;
  Shape shape;
};

IdxHeader read_header(GzipFile& file, const std::string& path) {
  const std::uint32_t magic = read_u32(file, path, "the magic number");
  const std::uint32_t rank = magic & 0xFF;
  const std::optional<DType> dtype = dtype_of_code(magic >> 8 & 0xFF);
  if (magic >> 16 != 0 || !dtype || rank > kMaxRank) {
    throw ValueError(
        fmt::format("'{}' is not an IDX file. Expected a magic number of two zero bytes, a dtype code (0x08, "
                    "0x09, 0x0b to 0x0e) and at most {} axes. Received: 0x{:08x}",
                    path, kMaxRank, magic));
  }
  Shape shape;
  for (std::uint32_t axis = 0; axis < rank; ++axis) shape.push_back(read_u32(file, path, "a length"));
  return {*dtype, shape};
}

std::uint64_t element_bytes(const IdxHeader& header, const std::string& path) {
  try {
    return static_cast<std::uint64_t>(
        checked_multiply(header.shape.num_elements(), static_cast<std::int64_t>(size_of(header.dtype))));
  } catch (const ValueError& error) {
    throw ValueError(fmt::format("'{}' has a damaged IDX header: {}", path, error.what()));
  }
}

}  // namespace

Tensor read_idx(const std::string& path) {
  GzipFile file(path);
  const IdxHeader header = read_header(file, path);
  const std::uint64_t expected = element_bytes(header, path);
  const auto wrong_size = [&](const std::string& found) {
    return ValueError(fmt::format(
        "'{}' does not hold what its IDX header says: expected {} bytes of elements for shape {} of "
        "{}. Received: {}",
        path, expected, header.shape.str(), name_of(header.dtype), found));
  };
  if (expected > file.most_bytes()) throw wrong_size(fmt::format("at most {} bytes", file.most_bytes()));
  Tensor elements(header.shape, header.dtype);
  const std::size_t got = file.read({static_cast<std::byte*>(elements.mutable_raw()), elements.nbytes()});
  if (got < expected) throw wrong_size(fmt::format("{} bytes", got));
  // Reading on to the end also makes zlib check the sum over the content.
  std::byte more{};
  if (file.read({&more, 1}) > 0) throw wrong_size("more bytes");
  reverse_bytes(elements.mutable_raw(), size_of(header.dtype),
                static_cast<std::size_t>(elements.num_elements()));
  return elements;
}

}  // namespace sepal
