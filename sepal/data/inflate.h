// zlib streams in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace sepal {

/// Deflate makes at most this many bytes of one (zlib's documentation: 1032:1).
inline constexpr std::uint64_t kMostInflation = 1032;

/// Inflates the zlib stream `compressed` (RFC 1950), which must fill `out` exactly.
/// Returns whether it did; false also for damaged data.
bool inflate_exactly(std::span<const std::byte> compressed, std::span<std::byte> out);

/// The checksum of zip archives (ISO 3309, polynomial 0x04C11DB7).
std::uint32_t crc32(std::span<const std::byte> bytes);

}  // namespace sepal
