// zlib streams in memory.
#pragma once

#include <cstddef>
#include <span>

namespace sepal {

/// Inflates the zlib stream `compressed` (RFC 1950), which must fill `out` exactly.
/// Returns whether it did; false also for damaged data.
bool inflate_exactly(std::span<const std::byte> compressed, std::span<std::byte> out);

}  // namespace sepal
