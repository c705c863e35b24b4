#include "examples/fashion_mnist/confusion_matrix.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "examples/fashion_mnist/canvas.h"
#include "examples/fashion_mnist/palette.h"

namespace fashion_mnist {
namespace {

constexpr int kMatrixWidth = 1320;
constexpr double kGridLeft = 168;
constexpr double kGridTop = 200;
constexpr double kGridWidth = 990;
constexpr double kGap = 3;
constexpr TextStyle kName{.size = kLabelSize, .color = kInk};
constexpr TextStyle kHeader{.size = kLabelSize, .color = kFaintInk, .align = Align::center};

// A share of mistakes from here on gets the full colour; typical ones are a few per cent.
constexpr double kWorstShare = 0.25;

std::int64_t sum(const std::vector<std::int64_t>& row) {
  return std::accumulate(row.begin(), row.end(), std::int64_t{0});
}

double share_of(std::int64_t part, std::int64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

// Shades rise with the square root, or the many cells of one or two mistakes would look empty.
Color cell_color(double share, bool right) {
  return right ? mix(kBlueTint, rgb(0x174A86), share)
               : mix(rgb(0xFBFAF8), kOrange, std::sqrt(share / kWorstShare));
}

TextStyle aligned(TextStyle style, Align align) {
  style.align = align;
  return style;
}

std::int64_t column_sum(const ConfusionCounts& counts, std::size_t column) {
  std::int64_t total = 0;
  for (const auto& row : counts) total += row[column];
  return total;
}

void draw_cell(Canvas& canvas, const Box& box, std::int64_t count, double share, bool right) {
  const Color color = cell_color(share, right);
  canvas.fill(box, color, 5);
  if (count == 0) {
    canvas.text_at_middle(box.center(), "0", {.size = 14, .color = rgb(0xB9BEC5), .align = Align::center});
    return;
  }
  canvas.text_at_middle(
      box.center(), grouped(count),
      {.size = right ? 20.0 : 17.0, .color = ink_on(color), .bold = right, .align = Align::center});
}

}  // namespace

void draw_confusion_matrix(const std::string& path, const ConfusionCounts& counts,
                           const std::vector<std::string>& class_names) {
  const std::size_t classes = class_names.size();
  const double step = kGridWidth / static_cast<double>(classes);
  const double bottom = kGridTop + kGridWidth;
  Canvas canvas(kMatrixWidth, static_cast<int>(bottom) + 84, kPaper);

  std::int64_t right = 0;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < classes; ++i) {
    right += counts[i][i];
    total += sum(counts[i]);
  }
  draw_heading(
      canvas, fmt::format("{} of the test pictures are recognised", percent(share_of(right, total), 2)),
      fmt::format("{} of {}. Blue: right. Orange: taken for another class. The deeper, the larger the "
                  "share of the row's class.",
                  grouped(right), grouped(total)));

  const double share_column = kGridLeft + kGridWidth + 62;
  const double share_row = bottom + 34;
  canvas.text({kGridLeft + kGridWidth / 2, kGridTop - 48}, "predicted class", kHeader);
  canvas.text({kGridLeft - 16, kGridTop - 16}, "true class", aligned(kHeader, Align::right));
  canvas.text({share_column, kGridTop - 16}, "recall", kHeader);
  canvas.text({kGridLeft - 16, share_row}, "precision", aligned(kHeader, Align::right));

  for (std::size_t i = 0; i < classes; ++i) {
    const double offset = static_cast<double>(i) * step;
    canvas.text_at_middle({kGridLeft - 16, kGridTop + offset + step / 2}, class_names[i],
                          aligned(kName, Align::right));
    canvas.text({kGridLeft + offset + step / 2, kGridTop - 16}, class_names[i],
                aligned(kName, Align::center));
    const std::int64_t row_total = sum(counts[i]);
    for (std::size_t j = 0; j < classes; ++j) {
      const Box box{kGridLeft + static_cast<double>(j) * step + kGap / 2, kGridTop + offset + kGap / 2,
                    step - kGap, step - kGap};
      draw_cell(canvas, box, counts[i][j], share_of(counts[i][j], row_total), i == j);
    }
    canvas.text_at_middle({share_column, kGridTop + offset + step / 2},
                          percent(share_of(counts[i][i], row_total)), aligned(kName, Align::center));
    canvas.text({kGridLeft + offset + step / 2, share_row},
                percent(share_of(counts[i][i], column_sum(counts, i))), aligned(kName, Align::center));
  }
  canvas.save(path);
}

}  // namespace fashion_mnist
