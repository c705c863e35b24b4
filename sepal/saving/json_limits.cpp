#include "sepal/saving/json_limits.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>
#include <vector>

#include "sepal/base/error.h"
#include "sepal/saving/printable.h"

namespace sepal {
namespace {

/// Builds the value from the parser's events. The parser itself does not recurse.
class Builder {
 public:
  explicit Builder(const std::string& where) : where_(where) {}

  Json take() { return std::move(root_); }

  bool null() { return put(nullptr); }
  bool boolean(bool value) { return put(value); }
  bool number_integer(std::int64_t value) { return put(value); }
  bool number_unsigned(std::uint64_t value) { return put(value); }
  bool number_float(double value, const std::string&) { return put(value); }
  bool string(std::string& value) {
    check_text(value);
    return put(std::move(value));
  }
  bool binary(Json::binary_t&) { return false; }  // has no form in JSON text

  bool start_object(std::size_t) { return open(Json::object()); }
  bool start_array(std::size_t) { return open(Json::array()); }
  bool end_object() {
    expect_each_key_once();
    return close();
  }
  bool end_array() { return close(); }

  bool key(std::string& name) {
    check_text(name);
    if (levels_.back().value->size() >= kMostJsonKeys) {
      throw ValueError(
          fmt::format("{}: the object at '{}' has more than {} keys.", where_, pointer(), kMostJsonKeys));
    }
    levels_.back().key = std::move(name);
    return true;
  }

  bool parse_error(std::size_t byte, const std::string&, const nlohmann::detail::exception& error) {
    // The message begins with "[json.exception.parse_error.101] parse error at …: ", or for numbers beyond
    // double with "[json.exception.out_of_range.406] ".
    std::string_view text = error.what();
    text.remove_prefix(std::min(text.size(), text.find("] ") + 2));
    if (text.starts_with("parse error at")) text.remove_prefix(std::min(text.size(), text.find(": ") + 2));
    throw ValueError(fmt::format("{}: not valid JSON at byte {}: {}.", where_, byte, printable(text)));
  }

 private:
  struct Level {
    Json* value;
    std::string key;
  };

  void check_text(const std::string& text) const {
    if (text.size() > kMostJsonStringBytes) {
      throw ValueError(fmt::format("{}: a string at '{}' has {} bytes, expected at most {}.", where_,
                                   pointer(), text.size(), kMostJsonStringBytes));
    }
    if (text.find('\0') == std::string::npos) return;
    throw ValueError(fmt::format("{}: a string at '{}' has a NUL character.", where_, pointer()));
  }

  // Sorted, so that no choice of keys makes it slow.
  void expect_each_key_once() const {
    std::vector<std::string_view> keys;
    for (const auto& [key, value] : levels_.back().value->get_ref<const Json::object_t&>())
      keys.push_back(key);
    std::sort(keys.begin(), keys.end());
    const auto twice = std::adjacent_find(keys.begin(), keys.end());
    if (twice == keys.end()) return;
    throw ValueError(fmt::format("{}: the key '{}' comes twice in the object at '{}'.", where_,
                                 printable(*twice), pointer()));
  }

  // A child's address stays valid while it is open: its parent grows only after it is closed.
  template <class Value>
  Json* insert(Value&& value) {
    if (++values_ > kMostJsonValues) {
      throw ValueError(fmt::format("{}: expected at most {} JSON values.", where_, kMostJsonValues));
    }
    if (levels_.empty()) {
      root_ = Json(std::forward<Value>(value));
      return &root_;
    }
    Level& level = levels_.back();
    if (level.value->is_array()) {
      auto& array = level.value->get_ref<Json::array_t&>();
      array.emplace_back(std::forward<Value>(value));
      return &array.back();
    }
    // Straight into the object's list: its own insertion searches all keys each time; `expect_each_key_once`
    // looks for those that come twice.
    auto& object = level.value->get_ref<Json::object_t&>();
    std::vector<Json::object_t::value_type>& entries = object;
    entries.emplace_back(level.key, std::forward<Value>(value));
    return &entries.back().second;
  }

  template <class Value>
  bool put(Value&& value) {
    insert(std::forward<Value>(value));
    return true;
  }

  bool open(Json container) {
    if (levels_.size() >= kMostJsonDepth) {
      throw ValueError(fmt::format("{}: JSON is nested more than {} levels deep.", where_, kMostJsonDepth));
    }
    Json* value = insert(std::move(container));
    levels_.push_back({value, {}});
    return true;
  }

  bool close() {
    levels_.pop_back();
    return true;
  }

  // Of the object or array that is open (RFC 6901).
  std::string pointer() const {
    std::string text;
    for (std::size_t i = 0; i + 1 < levels_.size(); ++i) {
      const Level& level = levels_[i];
      text += '/';
      text += level.value->is_array() ? std::to_string(level.value->size() - 1) : printable(level.key);
    }
    return text;
  }

  const std::string& where_;
  Json root_;
  std::vector<Level> levels_;
  std::size_t values_ = 0;
};

}  // namespace

Json parse_json(std::string_view text, const std::string& where) {
  if (text.size() > kMostJsonBytes) {
    throw ValueError(fmt::format("{}: expected at most {} bytes of JSON. Received: {} bytes", where,
                                 kMostJsonBytes, text.size()));
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    throw ValueError(fmt::format("{}: not valid JSON at byte 0: it begins with a byte order mark.", where));
  }
  Builder builder(where);
  Json::sax_parse(text, &builder);
  return builder.take();
}

}  // namespace sepal
