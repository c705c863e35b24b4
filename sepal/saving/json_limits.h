// JSON from files: read with limits, so that no text can exhaust memory, stack or time.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "sepal/base/config.h"

namespace sepal {

/// Bytes of a config.json; the largest known (many thousand layers) have a few.
inline constexpr std::size_t kMostJsonBytes = std::size_t{64} << 20;
inline constexpr int kMostJsonDepth = 128;
/// Seventeen times those of the largest model of keras.applications, NASNetLarge.
inline constexpr std::size_t kMostJsonValues = std::size_t{1} << 20;
/// Of one object; a dictionary of inputs or losses has one for each.
inline constexpr std::size_t kMostJsonKeys = std::size_t{1} << 18;
/// The longest known are compiled functions of Lambda layers.
inline constexpr std::size_t kMostJsonStringBytes = std::size_t{1} << 20;

/// Parses strictly by RFC 8259. Python's NaN and Infinity, a byte order mark, keys that come twice in one
/// object and NUL inside of strings are refused.
/// @throws ValueError naming `where` ("file 'm.keras', config.json") and the byte or the JSON pointer.
Json parse_json(std::string_view text, const std::string& where);

}  // namespace sepal
