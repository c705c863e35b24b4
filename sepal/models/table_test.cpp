#include "sepal/models/table.h"

#include <gtest/gtest.h>

namespace sepal {
namespace {

TEST(Table, DrawsHeaderRowsAndRules) {
  EXPECT_EQ(draw_table({{"ab", Alignment::left, 4}, {"n", Alignment::right, 3}}, {{"x", "1"}, {"y", "22"}}),
            "┏━━━━━━┳━━━━━┓\n"
            "┃ ab   ┃   n ┃\n"
            "┡━━━━━━╇━━━━━┩\n"
            "│ x    │   1 │\n"
            "├──────┼─────┤\n"
            "│ y    │  22 │\n"
            "└──────┴─────┘\n");
}

TEST(Table, CountsTheCellsOfWideCharacters) {
  EXPECT_EQ(draw_table({{"h", Alignment::left, 5}}, {{"層é"}, {"層層層"}}),
            "┏━━━━━━━┓\n"
            "┃ h     ┃\n"
            "┡━━━━━━━┩\n"
            "│ 層é   │\n"
            "├───────┤\n"
            "│ 層層… │\n"
            "└───────┘\n");
}

TEST(Table, BreaksCellsBetweenWordsAndCutsLongWords) {
  EXPECT_EQ(draw_table({{"h", Alignment::left, 6}}, {{"one two three fourteen"}}),
            "┏━━━━━━━━┓\n"
            "┃ h      ┃\n"
            "┡━━━━━━━━┩\n"
            "│ one    │\n"
            "│ two    │\n"
            "│ three  │\n"
            "│ fourt… │\n"
            "└────────┘\n");
}

}  // namespace
}  // namespace sepal
