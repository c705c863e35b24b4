#include "sepal/layers/preprocessing/random_zoom.h"

namespace sepal {

RandomZoomLayer::RandomZoomLayer(Options options)
    : WarpLayer("RandomZoom", std::move(options)),
      height_(size_factor_range("height_factor", options_.height_factor, true)) {
  if (options_.width_factor) width_ = size_factor_range("width_factor", *options_.width_factor, true);
}

ops::AffineTransform zoom(double height_zoom, double width_zoom, std::int64_t height, std::int64_t width) {
  ops::AffineTransform transform;
  transform.a0 = width_zoom;
  transform.a2 = 0.5 * static_cast<double>(width - 1) * (1.0 - width_zoom);
  transform.b1 = height_zoom;
  transform.b2 = 0.5 * static_cast<double>(height - 1) * (1.0 - height_zoom);
  return transform;
}

ops::AffineTransform RandomZoomLayer::transform(std::int64_t height, std::int64_t width,
                                                RandomStream& stream) const {
  const double height_zoom = 1.0 + height_.draw(stream);
  const double width_zoom = width_ ? 1.0 + width_->draw(stream) : height_zoom;
  return zoom(height_zoom, width_zoom, height, width);
}

}  // namespace sepal
