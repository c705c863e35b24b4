#include "examples/fashion_mnist/canvas.h"

#include <cairo/cairo.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numbers>

#include "sepal/base/atomic_file.h"
#include "sepal/base/error.h"

namespace fashion_mnist {
namespace {

constexpr double kPi = std::numbers::pi;

// Height of DejaVu Sans's capitals, in units of the font size.
constexpr double kCapitalHeight = 0.729;

// Relative luminance of an sRGB colour (WCAG 2.2).
double luminance(Color color) {
  const auto linear = [](double c) { return c <= 0.04045 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
  return 0.2126 * linear(color.red) + 0.7152 * linear(color.green) + 0.0722 * linear(color.blue);
}

}  // namespace

Color mix(Color a, Color b, double share) {
  const double t = std::clamp(share, 0.0, 1.0);
  return {std::lerp(a.red, b.red, t), std::lerp(a.green, b.green, t), std::lerp(a.blue, b.blue, t)};
}

Color ink_on(Color background) {
  // Contrast with white is 1.05/(L+0.05), with black (L+0.05)/0.05; they are equal at L = 0.179.
  return luminance(background) > 0.179 ? rgb(0x000000) : rgb(0xFFFFFF);
}

struct Canvas::Impl {
  cairo_surface_t* surface = nullptr;
  cairo_t* cairo = nullptr;

  void use(Color color) const { cairo_set_source_rgb(cairo, color.red, color.green, color.blue); }

  void use(const LineStyle& style) const {
    use(style.color);
    cairo_set_line_width(cairo, style.width);
  }

  void use(const TextStyle& style) const {
    use(style.color);
    cairo_select_font_face(cairo, "DejaVu Sans", CAIRO_FONT_SLANT_NORMAL,
                           style.bold ? CAIRO_FONT_WEIGHT_BOLD : CAIRO_FONT_WEIGHT_NORMAL);
    cairo_set_font_size(cairo, style.size);
  }

  void outline(const Box& box, double radius) const {
    cairo_new_path(cairo);
    if (radius <= 0) {
      cairo_rectangle(cairo, box.x, box.y, box.width, box.height);
      return;
    }
    cairo_arc(cairo, box.right() - radius, box.y + radius, radius, -kPi / 2, 0);
    cairo_arc(cairo, box.right() - radius, box.bottom() - radius, radius, 0, kPi / 2);
    cairo_arc(cairo, box.x + radius, box.bottom() - radius, radius, kPi / 2, kPi);
    cairo_arc(cairo, box.x + radius, box.y + radius, radius, kPi, 3 * kPi / 2);
    cairo_close_path(cairo);
  }
};

Canvas::Canvas(int width, int height, Color background) : impl_(std::make_unique<Impl>()) {
  impl_->surface = cairo_image_surface_create(CAIRO_FORMAT_RGB24, width, height);
  impl_->cairo = cairo_create(impl_->surface);
  cairo_set_line_join(impl_->cairo, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap(impl_->cairo, CAIRO_LINE_CAP_ROUND);
  // Unhinted outlines keep the letters' true widths at every size.
  cairo_font_options_t* options = cairo_font_options_create();
  cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
  cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
  cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
  cairo_set_font_options(impl_->cairo, options);
  cairo_font_options_destroy(options);
  impl_->use(background);
  cairo_paint(impl_->cairo);
}

Canvas::~Canvas() {
  cairo_destroy(impl_->cairo);
  cairo_surface_destroy(impl_->surface);
}

void Canvas::fill(const Box& box, Color color, double corner_radius) {
  impl_->use(color);
  impl_->outline(box, corner_radius);
  cairo_fill(impl_->cairo);
}

void Canvas::frame(const Box& box, LineStyle style, double corner_radius) {
  impl_->use(style);
  impl_->outline(box, corner_radius);
  cairo_stroke(impl_->cairo);
}

void Canvas::line(std::span<const Point> points, LineStyle style) {
  impl_->use(style);
  cairo_new_path(impl_->cairo);
  for (const Point& point : points) cairo_line_to(impl_->cairo, point.x, point.y);
  cairo_stroke(impl_->cairo);
}

void Canvas::disc(Point center, double radius, Color color) {
  impl_->use(color);
  cairo_new_path(impl_->cairo);
  cairo_arc(impl_->cairo, center.x, center.y, radius, 0, 2 * kPi);
  cairo_fill(impl_->cairo);
}

void Canvas::text(Point anchor, const std::string& text, const TextStyle& style) {
  impl_->use(style);
  const double width = text_width(text, style);
  const double before = style.align == Align::left ? 0 : style.align == Align::center ? width / 2 : width;
  cairo_move_to(impl_->cairo, anchor.x - before, anchor.y);
  cairo_show_text(impl_->cairo, text.c_str());
}

void Canvas::text_at_middle(Point anchor, const std::string& content, const TextStyle& style) {
  text({anchor.x, anchor.y + kCapitalHeight / 2 * style.size}, content, style);
}

double Canvas::text_width(const std::string& text, const TextStyle& style) {
  impl_->use(style);
  cairo_text_extents_t extents;
  cairo_text_extents(impl_->cairo, text.c_str(), &extents);
  return extents.x_advance;
}

void Canvas::picture(const Box& box, std::span<const std::uint8_t> grey, int rows, int columns) {
  cairo_surface_t* image = cairo_image_surface_create(CAIRO_FORMAT_RGB24, columns, rows);
  unsigned char* pixels = cairo_image_surface_get_data(image);
  const int stride = cairo_image_surface_get_stride(image);
  for (int row = 0; row < rows; ++row) {
    auto* out = reinterpret_cast<std::uint32_t*>(pixels + static_cast<std::ptrdiff_t>(row) * stride);
    for (int column = 0; column < columns; ++column) {
      const std::uint32_t value = grey[static_cast<std::size_t>(row * columns + column)];
      out[column] = value << 16 | value << 8 | value;
    }
  }
  cairo_surface_mark_dirty(image);
  cairo_save(impl_->cairo);
  cairo_translate(impl_->cairo, box.x, box.y);
  cairo_scale(impl_->cairo, box.width / columns, box.height / rows);
  cairo_set_source_surface(impl_->cairo, image, 0, 0);
  cairo_pattern_set_filter(cairo_get_source(impl_->cairo), CAIRO_FILTER_NEAREST);
  cairo_rectangle(impl_->cairo, 0, 0, columns, rows);
  cairo_fill(impl_->cairo);
  cairo_restore(impl_->cairo);
  cairo_surface_destroy(image);
}

void Canvas::save(const std::string& path) const {
  std::vector<std::byte> png;
  const auto append = [](void* to, const unsigned char* data, unsigned length) {
    const auto bytes = std::as_bytes(std::span(data, length));
    static_cast<std::vector<std::byte>*>(to)->insert(static_cast<std::vector<std::byte>*>(to)->end(),
                                                     bytes.begin(), bytes.end());
    return CAIRO_STATUS_SUCCESS;
  };
  cairo_status_t status = cairo_status(impl_->cairo);
  if (status == CAIRO_STATUS_SUCCESS)
    status = cairo_surface_write_to_png_stream(impl_->surface, append, &png);
  if (status != CAIRO_STATUS_SUCCESS) {
    throw sepal::OSError("Cannot draw '" + path + "': " + cairo_status_to_string(status) + ".");
  }
  sepal::write_file(path, png);
}

}  // namespace fashion_mnist
