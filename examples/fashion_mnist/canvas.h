// A sheet to draw on: boxes, lines, text and grey pictures in pixels, saved as PNG. The only file that knows
// cairo is canvas.cpp.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace fashion_mnist {

struct Color {
  double red = 0;  // 0 to 1, sRGB
  double green = 0;
  double blue = 0;
};

/// 0xRRGGBB.
constexpr Color rgb(std::uint32_t hex) {
  return {(hex >> 16 & 0xFF) / 255.0, (hex >> 8 & 0xFF) / 255.0, (hex & 0xFF) / 255.0};
}

/// The way from `a` (share 0) to `b` (share 1).
Color mix(Color a, Color b, double share);

/// Black or white ink, whichever stands out more from `background` (WCAG 2 contrast ratio).
Color ink_on(Color background);

struct Point {
  double x = 0;  // pixels from the left
  double y = 0;  // pixels from the top
};

struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double right() const { return x + width; }
  double bottom() const { return y + height; }
  Point center() const { return {x + width / 2, y + height / 2}; }
};

enum class Align { left, center, right };

struct TextStyle {
  double size = 16;  // pixels
  Color color = {};
  bool bold = false;
  Align align = Align::left;
};

struct LineStyle {
  Color color = {};
  double width = 1;
};

class Canvas {
 public:
  Canvas(int width, int height, Color background);
  ~Canvas();
  Canvas(const Canvas&) = delete;
  Canvas& operator=(const Canvas&) = delete;

  void fill(const Box& box, Color color, double corner_radius = 0);
  void frame(const Box& box, LineStyle style, double corner_radius = 0);
  void line(std::span<const Point> points, LineStyle style);
  void disc(Point center, double radius, Color color);

  /// `anchor` is on the baseline.
  void text(Point anchor, const std::string& text, const TextStyle& style);
  /// Text whose capitals are centred on the height of `anchor`.
  void text_at_middle(Point anchor, const std::string& text, const TextStyle& style);
  double text_width(const std::string& text, const TextStyle& style);

  /// A row-major grey picture, 0 black to 255 white, stretched to `box` with sharp pixels.
  void picture(const Box& box, std::span<const std::uint8_t> grey, int rows, int columns);

  /// Writes a PNG, whole or not at all.
  /// @throws sepal::OSError naming the path and the reason.
  void save(const std::string& path) const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace fashion_mnist
