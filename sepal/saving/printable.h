// Text from a file, made fit for a message.
#pragma once

#include <string>
#include <string_view>

namespace sepal {

/// `text` with control characters written as \xNN (a terminal would obey them) and cut after `most` bytes,
/// but not inside of a character.
std::string printable(std::string_view text, std::size_t most = 200);

/// Bytes of a whole error message that `printable` keeps: names in it come from files, of any length.
inline constexpr std::size_t kMostMessageBytes = 2000;

}  // namespace sepal
