#include "apps/sepal/output.h"

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string_view>

#include "sepal/saving/printable.h"

namespace sepal::program {

namespace {

// Longer lines of a summary than a table is wide at most.
constexpr std::size_t kMostLineBytes = 100'000;

void write(const std::string& text) { std::fwrite(text.data(), 1, text.size(), stdout); }

}  // namespace

void say(const std::string& text) {
  std::string escaped;
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = text.find('\n', begin);
    escaped += printable(std::string_view(text).substr(begin, end - begin), kMostLineBytes);
    if (end == std::string::npos) break;
    escaped += '\n';
    begin = end + 1;
  }
  write(escaped);
}

void say_error(const std::string& text) {
  std::fprintf(stderr, "error: %s\n", printable(text, kMostMessageBytes).c_str());
}

void say_json(const Json& value) { write(value.dump(2, ' ', false, Json::error_handler_t::replace) + "\n"); }

}  // namespace sepal::program
