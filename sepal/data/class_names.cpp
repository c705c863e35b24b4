#include "sepal/data/class_names.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <string_view>

#include "sepal/base/error.h"
#include "sepal/base/input_file.h"

namespace sepal {
namespace {

using nlohmann::json;

constexpr std::uint64_t kMostListBytes = std::uint64_t{16} << 20;
// An object of lists of strings.
constexpr int kMostDepth = 2;

// nlohmann/json lets the last of equal keys win, so keys are counted.
json parse(std::string_view text, const std::string& path) {
  std::size_t keys = 0;
  const auto watch = [&](int depth, json::parse_event_t event, json&) {
    if (depth > kMostDepth) {
      throw ValueError(fmt::format("'{}': expected {{\"0\": [id, name], …}}. Received: deeper JSON", path));
    }
    if (event == json::parse_event_t::key) ++keys;
    return true;
  };
  try {
    json index = json::parse(text, watch);
    if (keys != index.size()) throw ValueError(fmt::format("'{}': a class comes twice", path));
    return index;
  } catch (const json::exception& error) {
    throw ValueError(fmt::format("'{}' is neither text nor intact JSON: {}", path, error.what()));
  }
}

ClassName class_of(const json& entry, const std::string& path, std::size_t number) {
  if (entry.is_string()) return {"", entry.get<std::string>()};
  if (entry.is_array() && entry.size() == 2 && entry[0].is_string() && entry[1].is_string()) {
    return {entry[0].get<std::string>(), entry[1].get<std::string>()};
  }
  throw ValueError(fmt::format("'{}': class \"{}\": expected [id, name]. Received: {}", path, number,
                               entry.dump(-1, ' ', true, json::error_handler_t::replace)));
}

std::vector<ClassName> from_json(std::string_view text, const std::string& path) {
  const json index = parse(text, path);
  std::vector<ClassName> classes;
  for (std::size_t number = 0; number < index.size(); ++number) {
    const auto found = index.find(std::to_string(number));
    if (found == index.end()) {
      throw ValueError(
          fmt::format("'{}' holds {} classes: expected one of number \"{}\"", path, index.size(), number));
    }
    classes.push_back(class_of(*found, path, number));
  }
  return classes;
}

std::vector<ClassName> from_lines(std::string_view text, const std::string& path) {
  std::vector<ClassName> classes;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty()) {
      throw ValueError(fmt::format("'{}': line {}: expected the name of a class. Received: an empty line",
                                   path, classes.size() + 1));
    }
    classes.push_back({"", std::string(line)});
  }
  return classes;
}

}  // namespace

std::vector<ClassName> read_class_names(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path, kMostListBytes);
  const std::string_view text(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  const std::size_t begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos) throw ValueError(fmt::format("'{}' names no classes", path));
  return text[begin] == '{' ? from_json(text, path) : from_lines(text, path);
}

}  // namespace sepal
