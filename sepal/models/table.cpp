#include "sepal/models/table.h"

#include <algorithm>
#include <cstdint>
#include <utility>

namespace sepal {
namespace {

// The code point that begins at `at`, and the bytes it takes; a byte that begins none stands for itself.
std::pair<std::uint32_t, std::size_t> code_point(const std::string& text, std::size_t at) {
  const auto byte = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(text[i]));
  };
  const std::uint32_t first = byte(at);
  const std::size_t length = first >= 0xF0U ? 4 : first >= 0xE0U ? 3 : first >= 0xC0U ? 2 : 1;
  if (length == 1 || at + length > text.size()) return {first, 1};
  std::uint32_t point = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) point = (point << 6U) | (byte(at + i) & 0x3FU);
  return {point, length};
}

// Cells of a terminal that a character takes: two for those of East Asian scripts and pictures (Unicode's
// EastAsianWidth W and F, by blocks).
std::size_t cells_of(std::uint32_t point) {
  constexpr std::pair<std::uint32_t, std::uint32_t> kWide[] = {
      {0x1100, 0x115F}, {0x2E80, 0x303E},   {0x3041, 0x33FF},   {0x3400, 0x4DBF},  {0x4E00, 0x9FFF},
      {0xA000, 0xA4CF}, {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE30, 0xFE6F},  {0xFF00, 0xFF60},
      {0xFFE0, 0xFFE6}, {0x1F300, 0x1F64F}, {0x1F900, 0x1F9FF}, {0x20000, 0x3FFFD}};
  for (const auto& [first, last] : kWide) {
    if (point >= first && point <= last) return 2;
  }
  return 1;
}

// Cells that UTF-8 text takes.
std::size_t length_of(const std::string& text) {
  std::size_t cells = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto [point, bytes] = code_point(text, at);
    cells += cells_of(point);
    at += bytes;
  }
  return cells;
}

// Where the text stops fitting into `count` cells.
std::size_t offset_after(const std::string& text, std::size_t start, std::size_t count) {
  std::size_t at = start;
  std::size_t cells = 0;
  while (at < text.size()) {
    const auto [point, bytes] = code_point(text, at);
    cells += cells_of(point);
    if (cells > count) break;
    at += bytes;
  }
  return at;
}

std::vector<std::string> wrapped(const std::string& text, std::size_t width) {
  std::vector<std::string> lines;
  std::string line;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t space = text.find(' ', at);
    const std::size_t end = space == std::string::npos ? text.size() : space + 1;
    const std::string word = text.substr(at, end - at);
    at = end;
    // The space behind a word may hang over the edge.
    const std::size_t needed = length_of(word) - (word.back() == ' ' ? 1 : 0);
    if (!line.empty() && length_of(line) + needed > width) {
      lines.push_back(line);
      line.clear();
    }
    line += word;
  }
  lines.push_back(line);
  for (std::string& l : lines) {
    while (!l.empty() && l.back() == ' ') l.pop_back();
    if (length_of(l) > width) l = l.substr(0, offset_after(l, 0, width - 1)) + "…";
  }
  return lines;
}

std::string repeated(const char* text, int count) {
  std::string result;
  for (int i = 0; i < count; ++i) result += text;
  return result;
}

std::string rule(const std::vector<TableColumn>& columns, const char* left, const char* line,
                 const char* cross, const char* right) {
  std::string text = left;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (i > 0) text += cross;
    text += repeated(line, columns[i].width + 2);
  }
  return text + right + "\n";
}

std::string padded(const std::string& text, const TableColumn& column) {
  const int missing = std::max(0, column.width - static_cast<int>(length_of(text)));
  const int before = column.alignment == Alignment::left    ? 0
                     : column.alignment == Alignment::right ? missing
                                                            : missing / 2;
  std::string result(static_cast<std::size_t>(before), ' ');
  result += text;
  return result.append(static_cast<std::size_t>(missing - before), ' ');
}

std::string row_text(const std::vector<TableColumn>& columns, const std::vector<std::string>& cells,
                     const char* border) {
  std::vector<std::vector<std::string>> lines;
  std::size_t height = 1;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    lines.push_back(wrapped(i < cells.size() ? cells[i] : "", static_cast<std::size_t>(columns[i].width)));
    height = std::max(height, lines.back().size());
  }
  std::string text;
  for (std::size_t k = 0; k < height; ++k) {
    text += border;
    for (std::size_t i = 0; i < columns.size(); ++i) {
      text += ' ';
      text += padded(k < lines[i].size() ? lines[i][k] : "", columns[i]);
      text += ' ';
      text += border;
    }
    text += "\n";
  }
  return text;
}

}  // namespace

std::string draw_table(const std::vector<TableColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::string> headers;
  for (const TableColumn& column : columns) headers.push_back(column.header);
  std::string text = rule(columns, "┏", "━", "┳", "┓") + row_text(columns, headers, "┃");
  text += rule(columns, "┡", "━", "╇", "┩");
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i > 0) text += rule(columns, "├", "─", "┼", "┤");
    text += row_text(columns, rows[i], "│");
  }
  return text + rule(columns, "└", "─", "┴", "┘");
}

}  // namespace sepal
