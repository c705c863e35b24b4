#include "examples/fashion_mnist/curves.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <optional>

#include "examples/fashion_mnist/axis.h"
#include "examples/fashion_mnist/canvas.h"
#include "examples/fashion_mnist/palette.h"

namespace fashion_mnist {
namespace {

constexpr int kCurvesWidth = 1400;
constexpr int kHeight = 640;
constexpr double kLineHeight = 21;
// Beyond this number of epochs markers would run into each other.
constexpr std::size_t kMostMarkers = 40;

using Format = std::function<std::string(double)>;

struct Series {
  const char* name;
  const std::vector<double>& values;
  Color color;
  bool square;  // the marker: told apart without colour
};

struct Panel {
  const char* title;
  Box plot;
  std::vector<Series> series;
  Format format;       // of a value
  double tick_factor;  // ticks show the value times this
  double most;         // no tick beyond this
};

std::size_t longest(const std::vector<Series>& series) {
  std::size_t most = 0;
  for (const Series& s : series) most = std::max(most, s.values.size());
  return most;
}

Axis value_axis(const Panel& panel) {
  std::optional<double> low;
  std::optional<double> high;
  for (const Series& series : panel.series) {
    for (const double value : series.values) {
      if (!std::isfinite(value)) continue;
      const double shown = value * panel.tick_factor;
      low = std::min(low.value_or(shown), shown);
      high = std::max(high.value_or(shown), shown);
    }
  }
  // Room below and above, or the first and last points would lie on the frame; but no axis needs to show less
  // than nothing or more than all.
  const double bottom = low.value_or(0);
  const double top = high.value_or(panel.tick_factor);
  const double room = 0.04 * (top - bottom);
  return round_axis(bottom >= 0 ? std::max(0.0, bottom - room) : bottom - room,
                    std::min(panel.most, top + room), 6);
}

class PanelPainter {
 public:
  PanelPainter(Canvas& canvas, const Panel& panel)
      : canvas_(canvas),
        panel_(panel),
        epochs_(counting_axis(static_cast<int>(std::max<std::size_t>(1, longest(panel.series))), 10)),
        values_(value_axis(panel)) {}

  void paint() {
    paint_axes();
    for (const Series& series : panel_.series) paint_series(series);
    paint_end_labels();
  }

 private:
  Point place(double epoch, double value) const {
    const Box& plot = panel_.plot;
    return {plot.x + epochs_.position(epoch) * plot.width,
            plot.bottom() - values_.position(value * panel_.tick_factor) * plot.height};
  }

  void paint_axes() {
    const Box& plot = panel_.plot;
    canvas_.text({plot.x, plot.y - 22}, panel_.title, {.size = 19, .color = kInk, .bold = true});
    const TextStyle small{.size = kLabelSize, .color = kFaintInk};
    for (std::size_t i = 0; i < values_.ticks.size(); ++i) {
      const double y = plot.bottom() - values_.position(values_.ticks[i]) * plot.height;
      canvas_.line(std::vector<Point>{{plot.x, y}, {plot.right(), y}}, {.color = kGrid});
      TextStyle style = small;
      style.align = Align::right;
      canvas_.text_at_middle({plot.x - 12, y}, values_.labels[i], style);
    }
    canvas_.line(std::vector<Point>{{plot.x, plot.bottom()}, {plot.right(), plot.bottom()}},
                 {.color = kFaintInk, .width = 1.2});
    for (std::size_t i = 0; i < epochs_.ticks.size(); ++i) {
      const double x = plot.x + epochs_.position(epochs_.ticks[i]) * plot.width;
      canvas_.line(std::vector<Point>{{x, plot.bottom()}, {x, plot.bottom() + 6}},
                   {.color = kFaintInk, .width = 1.2});
      TextStyle style = small;
      style.align = Align::center;
      canvas_.text({x, plot.bottom() + 24}, epochs_.labels[i], style);
    }
    TextStyle style = small;
    style.align = Align::center;
    canvas_.text({plot.center().x, plot.bottom() + 50}, "epoch", style);
  }

  void paint_series(const Series& series) {
    std::vector<Point> run;
    for (std::size_t i = 0; i <= series.values.size(); ++i) {
      if (i < series.values.size() && std::isfinite(series.values[i])) {
        run.push_back(place(static_cast<double>(i + 1), series.values[i]));
        continue;
      }
      if (run.size() > 1) canvas_.line(run, {.color = series.color, .width = 2.6});
      if (run.size() == 1 || series.values.size() <= kMostMarkers) {
        for (const Point& point : run) paint_marker(point, series);
      }
      run.clear();
    }
  }

  void paint_marker(Point at, const Series& series) {
    // A ring of paper keeps a marker apart from the lines that cross it.
    if (series.square) {
      canvas_.fill({at.x - 6.5, at.y - 6.5, 13, 13}, kPanel);
      canvas_.fill({at.x - 5, at.y - 5, 10, 10}, series.color);
    } else {
      canvas_.disc(at, 7, kPanel);
      canvas_.disc(at, 5.5, series.color);
    }
  }

  // Name and last value beside the last point, moved apart where they would overlap.
  void paint_end_labels() {
    struct Label {
      const Series* series;
      Point end;
      double y;
    };
    std::vector<Label> labels;
    for (const Series& series : panel_.series) {
      if (series.values.empty() || !std::isfinite(series.values.back())) continue;
      const Point end = place(static_cast<double>(series.values.size()), series.values.back());
      labels.push_back({&series, end, end.y});
    }
    std::sort(labels.begin(), labels.end(), [](const Label& a, const Label& b) { return a.y < b.y; });
    const double room = 2 * kLineHeight + 8;
    if (labels.size() == 2 && labels[1].y - labels[0].y < room) {
      const double middle = (labels[0].y + labels[1].y) / 2;
      labels[0].y = middle - room / 2;
      labels[1].y = middle + room / 2;
    }
    for (const Label& label : labels) {
      const double x = panel_.plot.right() + 16;
      paint_marker({x, label.y - kLineHeight / 2}, *label.series);
      canvas_.text_at_middle({x + 14, label.y - kLineHeight / 2}, label.series->name,
                             {.size = kLabelSize, .color = label.series->color, .bold = true});
      canvas_.text_at_middle({x + 14, label.y + kLineHeight / 2}, panel_.format(label.series->values.back()),
                             {.size = kLabelSize, .color = kInk});
    }
  }

  Canvas& canvas_;
  const Panel& panel_;
  Axis epochs_;
  Axis values_;
};

std::string title_of(const Curves& curves) {
  const std::size_t epochs = curves.loss.size();
  const std::string after = fmt::format("after {} epoch{}", epochs, epochs == 1 ? "" : "s");
  if (curves.val_accuracy.empty()) return fmt::format("Fashion-MNIST {}", after);
  return fmt::format("Fashion-MNIST: {} of the test pictures right {}",
                     percent(curves.val_accuracy.back(), 2), after);
}

}  // namespace

void draw_curves(const std::string& path, const Curves& curves) {
  Canvas canvas(kCurvesWidth, kHeight, kPaper);
  draw_heading(
      canvas, title_of(curves),
      "Training values are means over an epoch, taken while the weights still change; test values are taken "
      "at its end.");
  constexpr double kPanelWidth = (kCurvesWidth - 2 * kMargin - 28) / 2;
  const auto panel_at = [&](int column) {
    const Box panel{kMargin + column * (kPanelWidth + 28), 124, kPanelWidth, kHeight - 124 - 36};
    canvas.fill(panel, kPanel, 10);
    canvas.frame(panel, {.color = kGrid}, 10);
    return Box{panel.x + 72, panel.y + 66, panel.width - 72 - 128, panel.height - 66 - 72};
  };
  const Panel loss{
      .title = "Loss",
      .plot = panel_at(0),
      .series = {{"training", curves.loss, kBlue, false}, {"test", curves.val_loss, kOrange, true}},
      .format = [](double value) { return fmt::format("{:.4f}", value); },
      .tick_factor = 1,
      .most = std::numeric_limits<double>::infinity()};
  const Panel accuracy{
      .title = "Accuracy in %",
      .plot = panel_at(1),
      .series = {{"training", curves.accuracy, kBlue, false}, {"test", curves.val_accuracy, kOrange, true}},
      .format = [](double value) { return percent(value, 2); },
      .tick_factor = 100,
      .most = 100};
  PanelPainter(canvas, loss).paint();
  PanelPainter(canvas, accuracy).paint();
  canvas.save(path);
}

}  // namespace fashion_mnist
