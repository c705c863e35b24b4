#include "sepal/saving/printable.h"

#include <fmt/format.h>

#include <algorithm>

namespace sepal {
namespace {

unsigned byte_at(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
}

// How many bytes at `at` are a character that a terminal obeys: those of ASCII, U+0080 to U+009F, and the
// marks that turn the direction of writing, U+202A to U+202E and U+2066 to U+2069.
std::size_t control_bytes(std::string_view text, std::size_t at) {
  const unsigned first = byte_at(text, at);
  const unsigned second = byte_at(text, at + 1);
  const unsigned third = byte_at(text, at + 2);
  if (first < 0x20 || first == 0x7F) return 1;
  if (first == 0xC2 && second >= 0x80 && second <= 0x9F) return 2;
  const bool turns = first == 0xE2 && ((second == 0x80 && third >= 0xAA && third <= 0xAE) ||
                                       (second == 0x81 && third >= 0xA6 && third <= 0xA9));
  return turns ? 3 : 0;
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  std::size_t end = std::min(text.size(), most);
  while (end < text.size() && end > 0 && (byte_at(text, end) & 0xC0U) == 0x80U) --end;
  std::string result;
  for (std::size_t at = 0; at < end;) {
    const std::size_t control = control_bytes(text, at);
    for (std::size_t i = 0; i < control; ++i) result += fmt::format("\\x{:02x}", byte_at(text, at + i));
    if (control == 0) result += text[at];
    at += std::max<std::size_t>(control, 1);
  }
  if (end < text.size()) result += "...";
  return result;
}

}  // namespace sepal
