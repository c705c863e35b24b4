#include "sepal/saving/printable.h"

#include <fmt/format.h>

namespace sepal {

std::string printable(std::string_view text, std::size_t most) {
  std::string result;
  for (const char c : text.substr(0, most)) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7F) {
      result += fmt::format("\\x{:02x}", byte);
    } else {
      result += c;
    }
  }
  if (text.size() > most) result += "...";
  return result;
}

}  // namespace sepal
