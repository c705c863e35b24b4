// Which class is taken for which.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fashion_mnist {

/// Counts of pictures: counts[true class][predicted class].
using ConfusionCounts = std::vector<std::vector<std::int64_t>>;

/// A PNG of 1320 x 1274 pixels for ten classes: counts in a grid, right ones in blue on the diagonal,
/// mistakes in orange, with each class's share of right answers beside it.
/// @throws sepal::OSError if it cannot be written.
void draw_confusion_matrix(const std::string& path, const ConfusionCounts& counts,
                           const std::vector<std::string>& class_names);

}  // namespace fashion_mnist
