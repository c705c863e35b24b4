#include "sepal/data/npy_header.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "sepal/base/error.h"

namespace sepal {
namespace {

using namespace std::string_view_literals;

constexpr std::string_view kMagic = "\x93NUMPY"sv;
// Array data starts at a multiple of this, so that a mapped file is aligned.
constexpr std::size_t kAlignment = 64;

constexpr std::array<std::pair<std::string_view, DType>, 12> kTypeCodes = {{
    {"f2", DType::float16},
    {"f4", DType::float32},
    {"f8", DType::float64},
    {"i1", DType::int8},
    {"i2", DType::int16},
    {"i4", DType::int32},
    {"i8", DType::int64},
    {"u1", DType::uint8},
    {"u2", DType::uint16},
    {"u4", DType::uint32},
    {"u8", DType::uint64},
    {"b1", DType::boolean},
}};

// {'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }
class DictionaryParser {
 public:
  DictionaryParser(std::string_view text, const std::string& file) : text_(text), file_(file) {}

  NpyHeader parse() {
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr" && !has_descr_) {
        has_descr_ = true;
        type_code(quoted());
      } else if (key == "fortran_order" && !has_order_) {
        has_order_ = true;
        header_.fortran_order = boolean();
      } else if (key == "shape" && !has_shape_) {
        has_shape_ = true;
        header_.shape = shape();
      } else {
        fail(fmt::format("the key '{}' is not expected or comes twice", key));
      }
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_space();
    if (at_ != text_.size()) fail("text follows the dictionary");
    if (!has_descr_ || !has_order_ || !has_shape_) fail("'descr', 'fortran_order' or 'shape' is missing");
    return header_;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw ValueError(
        fmt::format("'{}' has a damaged .npy header: {} at character {} of the dictionary. "
                    "Expected the form {{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }}.",
                    file_, what, at_));
  }

  void skip_space() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  bool accept(char wanted) {
    skip_space();
    if (at_ == text_.size() || text_[at_] != wanted) return false;
    ++at_;
    return true;
  }

  void expect(char wanted) {
    if (!accept(wanted)) fail(fmt::format("'{}' is missing", wanted));
  }

  bool accept_word(std::string_view word) {
    skip_space();
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  std::string_view quoted() {
    const char quote = accept('"') ? '"' : '\'';
    if (quote == '\'' && !accept('\''))
      fail("a quoted string is missing (structured dtypes are not supported)");
    const std::size_t end = text_.find(quote, at_);
    if (end == std::string_view::npos) fail("a string does not end");
    const std::string_view content = text_.substr(at_, end - at_);
    const auto is_printable = [](char c) { return c >= ' ' && c <= '~'; };
    if (!std::all_of(content.begin(), content.end(), is_printable))
      fail("a string has unprintable characters");
    at_ = end + 1;
    return content;
  }

  bool boolean() {
    if (accept_word("True")) return true;
    if (accept_word("False")) return false;
    fail("True or False is missing");
  }

  Shape shape() {
    std::vector<std::int64_t> dims;
    expect('(');
    while (!accept(')')) {
      if (dims.size() == kMaxRank) fail(fmt::format("the shape has more than {} axes", kMaxRank));
      dims.push_back(length());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    return Shape(std::move(dims));
  }

  std::int64_t length() {
    skip_space();
    std::optional<std::int64_t> value;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_) {
      constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max() / 10 - 1;
      if (value.value_or(0) > kMost) fail("a length is too large");
      value = value.value_or(0) * 10 + (text_[at_] - '0');
    }
    if (!value) fail("a length (a whole number, not negative) is missing");
    accept('L');  // Python 2 wrote long integers as 3L
    return *value;
  }

  void type_code(std::string_view code) {
    const bool has_order = !code.empty() && "<>|="sv.find(code[0]) != std::string_view::npos;
    const std::string_view type = code.substr(has_order ? 1 : 0);
    const auto* found = std::find_if(kTypeCodes.begin(), kTypeCodes.end(),
                                     [&](const auto& entry) { return entry.first == type; });
    if (found == kTypeCodes.end()) {
      throw ValueError(fmt::format(
          "'{}' holds elements of a dtype that tensors do not have. Expected one of f2, f4, f8, i1, "
          "i2, i4, i8, u1, u2, u4, u8, b1. Received: descr='{}'",
          file_, code));
    }
    header_.dtype = found->second;
    header_.big_endian = has_order && code[0] == '>';
  }

  std::string_view text_;
  const std::string& file_;
  std::size_t at_ = 0;
  NpyHeader header_;
  bool has_descr_ = false;
  bool has_order_ = false;
  bool has_shape_ = false;
};

std::size_t little_endian(std::string_view bytes) {
  std::size_t value = 0;
  for (std::size_t i = bytes.size(); i-- > 0;) value = value * 256 + static_cast<unsigned char>(bytes[i]);
  return value;
}

}  // namespace

NpyHeader parse_npy_header(std::span<const std::byte> begin, const std::string& file) {
  const std::string_view text(reinterpret_cast<const char*>(begin.data()), begin.size());
  if (!text.starts_with(kMagic)) {
    throw ValueError(fmt::format(
        "'{}' is not a .npy file: expected it to start with \\x93NUMPY. Received: a file of other content",
        file));
  }
  const std::size_t version_at = kMagic.size();
  const int major = text.size() > version_at ? static_cast<unsigned char>(text[version_at]) : 0;
  // Format 1.0 has 2 bytes for the header's length, later formats 4.
  const std::size_t length_at = version_at + 2;
  const std::size_t length_bytes = major == 1 ? 2 : 4;
  if (text.size() < length_at + length_bytes) {
    throw ValueError(
        fmt::format("'{}' is cut off inside its .npy header, after {} bytes.", file, text.size()));
  }
  if (major < 1 || major > 3) {
    throw ValueError(
        fmt::format("'{}' is of an unknown .npy format. Expected 1.0, 2.0 or 3.0. Received: {}.{}", file,
                    major, static_cast<unsigned char>(text[version_at + 1])));
  }
  const std::size_t dictionary_at = length_at + length_bytes;
  const std::size_t length = little_endian(text.substr(length_at, length_bytes));
  if (length > kMostNpyHeaderBytes - dictionary_at) {
    throw ValueError(
        fmt::format("'{}' has too long a .npy header. Expected at most {} bytes. Received: {} bytes", file,
                    kMostNpyHeaderBytes - dictionary_at, length));
  }
  if (text.size() - dictionary_at < length) {
    throw ValueError(
        fmt::format("'{}' is cut off inside its .npy header: expected {} bytes. Received: {} bytes", file,
                    dictionary_at + length, text.size()));
  }
  NpyHeader header = DictionaryParser(text.substr(dictionary_at, length), file).parse();
  header.data_offset = dictionary_at + length;
  return header;
}

std::string format_npy_header(DType dtype, const Shape& shape) {
  const auto* found = std::find_if(kTypeCodes.begin(), kTypeCodes.end(),
                                   [&](const auto& entry) { return entry.second == dtype; });
  if (found == kTypeCodes.end()) {
    throw TypeError(fmt::format("A .npy file cannot hold {}: NumPy has no such dtype. Cast to float32 first.",
                                name_of(dtype)));
  }
  std::string dictionary = fmt::format("{{'descr': '{}{}', 'fortran_order': False, 'shape': {}, }}",
                                       size_of(dtype) == 1 ? '|' : '<', found->first, shape.str());
  const std::size_t prefix = kMagic.size() + 4;  // format 1.0: two bytes of version, two of length
  const std::size_t used = prefix + dictionary.size() + 1;
  dictionary.append((kAlignment - used % kAlignment) % kAlignment, ' ');
  dictionary += '\n';
  std::string header(kMagic);
  header += {'\x01', '\x00', static_cast<char>(dictionary.size() % 256),
             static_cast<char>(dictionary.size() / 256)};
  return header + dictionary;
}

}  // namespace sepal
