#include "sepal/models/table.h"

#include <algorithm>

namespace sepal {
namespace {

// Characters of UTF-8 text: bytes that do not continue one.
std::size_t length_of(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

// Where the character after `count` characters begins.
std::size_t offset_after(const std::string& text, std::size_t start, std::size_t count) {
  std::size_t at = start;
  while (at < text.size() && count > 0) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xC0U) == 0x80U) ++at;
    --count;
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
