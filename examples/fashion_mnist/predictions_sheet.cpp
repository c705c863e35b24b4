#include "examples/fashion_mnist/predictions_sheet.h"

#include <fmt/format.h>

#include <algorithm>

#include "examples/fashion_mnist/canvas.h"
#include "examples/fashion_mnist/palette.h"

namespace fashion_mnist {
namespace {

constexpr int kSheetWidth = 1400;
constexpr int kColumns = 8;
constexpr int kSide = 28;         // of a picture, in its own pixels
constexpr double kPicture = 140;  // 5 pixels for each of the picture's
constexpr double kCellWidth = (kSheetWidth - 2 * kMargin + 24) / kColumns;
constexpr double kCellHeight = 222;
constexpr double kTop = 128;
constexpr double kBadge = 13;  // radius

// On the picture's corner: a full disc with a cross for a mistake, a quiet tick else.
void draw_badge(Canvas& canvas, Point at, bool right) {
  const auto stroke = [&](std::vector<Point> points, LineStyle style) {
    for (Point& point : points) point = {at.x + point.x, at.y + point.y};
    canvas.line(points, style);
  };
  canvas.disc(at, kBadge + 2.5, kPaper);
  if (right) {
    canvas.disc(at, kBadge, kBlueTint);
    stroke({{-5.5, 0.5}, {-1.5, 4.5}, {5.5, -4.5}}, {.color = kBlue, .width = 2.6});
  } else {
    canvas.disc(at, kBadge, kOrange);
    stroke({{-4.5, -4.5}, {4.5, 4.5}}, {.color = kPanel, .width = 3});
    stroke({{-4.5, 4.5}, {4.5, -4.5}}, {.color = kPanel, .width = 3});
  }
}

void draw_prediction(Canvas& canvas, Point corner, const Prediction& prediction,
                     const std::vector<std::string>& class_names) {
  const bool right = prediction.predicted_class == prediction.true_class;
  const Box box{corner.x, corner.y, kPicture, kPicture};
  std::vector<std::uint8_t> ink(prediction.picture.size());
  std::transform(prediction.picture.begin(), prediction.picture.end(), ink.begin(),
                 [](std::uint8_t value) { return static_cast<std::uint8_t>(255 - value); });
  canvas.picture(box, ink, kSide, kSide);
  canvas.frame(
      box, right ? LineStyle{.color = rgb(0xCFD4DA), .width = 1.2} : LineStyle{.color = kOrange, .width = 4});
  draw_badge(canvas, {box.right() - 3, box.y + 3}, right);

  const std::string& name = class_names[prediction.predicted_class];
  canvas.text({box.x, box.bottom() + 24}, name,
              {.size = kLabelSize, .color = right ? kInk : kOrange, .bold = true});
  canvas.text({box.right(), box.bottom() + 24}, percent(prediction.probability, 0),
              {.size = 13, .color = kFaintInk, .align = Align::right});
  if (!right) {
    canvas.text({box.x, box.bottom() + 44}, "is: " + class_names[prediction.true_class],
                {.size = kLabelSize, .color = kInk});
  }
}

}  // namespace

void draw_predictions_sheet(const std::string& path, std::span<const Prediction> predictions,
                            const std::vector<std::string>& class_names, double accuracy) {
  const int rows = (static_cast<int>(predictions.size()) + kColumns - 1) / kColumns;
  Canvas canvas(kSheetWidth, static_cast<int>(kTop + rows * kCellHeight) + 8, kPaper);
  const auto right = std::count_if(predictions.begin(), predictions.end(),
                                   [](const Prediction& p) { return p.predicted_class == p.true_class; });
  draw_heading(
      canvas, "What the model sees",
      fmt::format("{} test pictures, {} of them right; {} right over the whole test set. Under each: the "
                  "predicted class and its probability.",
                  predictions.size(), right, percent(accuracy, 2)));
  for (std::size_t i = 0; i < predictions.size(); ++i) {
    const auto column = static_cast<double>(i % kColumns);
    const auto row = static_cast<double>(i / kColumns);
    draw_prediction(canvas, {kMargin + column * kCellWidth, kTop + row * kCellHeight}, predictions[i],
                    class_names);
  }
  canvas.save(path);
}

}  // namespace fashion_mnist
