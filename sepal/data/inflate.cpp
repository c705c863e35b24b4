#include "sepal/data/inflate.h"

#include <zlib.h>

namespace sepal {

bool inflate_exactly(std::span<const std::byte> compressed, std::span<std::byte> out) {
  uLongf filled = out.size();
  const int status = ::uncompress(reinterpret_cast<Bytef*>(out.data()), &filled,
                                  reinterpret_cast<const Bytef*>(compressed.data()), compressed.size());
  return status == Z_OK && filled == out.size();
}

std::uint32_t crc32(std::span<const std::byte> bytes) {
  const uLong start = ::crc32_z(0, nullptr, 0);
  return static_cast<std::uint32_t>(
      ::crc32_z(start, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace sepal
