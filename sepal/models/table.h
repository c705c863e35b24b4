// A table of text with box lines, as Keras's summary draws it.
#pragma once

#include <string>
#include <vector>

namespace sepal {

enum class Alignment { left, right, center };

struct TableColumn {
  std::string header;
  Alignment alignment = Alignment::left;
  /// Characters of text; with borders and a space on each side a column takes 3 more.
  int width = 0;
};

/// Cells wider than their column are broken between words; a word that is wider still ends in an ellipsis.
std::string draw_table(const std::vector<TableColumn>& columns,
                       const std::vector<std::vector<std::string>>& rows);

}  // namespace sepal
