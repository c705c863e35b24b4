#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/half.h"
#include "sepal/ops/image.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

struct Warp {
  std::vector<AffineTransform> transforms;
  AffineTransformOptions options;
  std::int64_t height, width, channels;
  std::int64_t pixel, channel;  // strides in elements
};

// A place on an axis of `length` pixels, brought back into the image.
float folded(float place, std::int64_t length, FillMode mode) {
  const auto n = static_cast<float>(length);
  if (mode == FillMode::constant) return place;
  if (mode == FillMode::reflect && length > 1) {
    if (place < 0) {
      if (place < 2 * n) place += 2 * n * std::trunc(-place / (2 * n));
      place = place < -n ? place + 2 * n : -place - 1;
    } else if (place > n - 1) {
      place -= 2 * n * std::trunc(place / (2 * n));
      if (place >= n) place = 2 * n - place - 1;
    }
  }
  // TensorFlow counts how often the image fits by its last index, not by its length.
  if (mode == FillMode::wrap && length > 1) {
    if (place < 0) {
      place += n * (std::trunc(-place / (n - 1)) + 1);
    } else if (place > n - 1) {
      place -= n * std::trunc(place / (n - 1));
    }
  }
  return std::clamp(place, 0.0F, n - 1);
}

// Whether `place` is an index of an axis of `length` pixels; also false for NaN and for what int64 cannot
// hold.
bool is_inside(float place, std::int64_t length) { return place >= 0 && place < static_cast<float>(length); }

// visit(row, column, weight) for each pixel that output pixel (x, y) reads; row -1 is the fill value.
template <class Visit>
void visit_sources(const Warp& warp, const AffineTransform& t, std::int64_t x, std::int64_t y, Visit visit) {
  const auto column = static_cast<float>(x);
  const auto line = static_cast<float>(y);
  const float at_x =
      static_cast<float>(t.a0) * column + static_cast<float>(t.a1) * line + static_cast<float>(t.a2);
  const float at_y =
      static_cast<float>(t.b0) * column + static_cast<float>(t.b1) * line + static_cast<float>(t.b2);
  const float in_x = folded(at_x, warp.width, warp.options.fill_mode);
  const float in_y = folded(at_y, warp.height, warp.options.fill_mode);
  const auto visit_pixel = [&](float row, float col, float weight) {
    const bool inside = is_inside(row, warp.height) && is_inside(col, warp.width);
    visit(inside ? static_cast<std::int64_t>(row) : -1, inside ? static_cast<std::int64_t>(col) : -1, weight);
  };
  if (warp.options.interpolation == Interpolation::nearest) {
    visit_pixel(std::round(in_y), std::round(in_x), 1.0F);
    return;
  }
  const float top = std::floor(in_y);
  const float left = std::floor(in_x);
  const float down = in_y - top;
  const float right = in_x - left;
  visit_pixel(top, left, (1 - down) * (1 - right));
  visit_pixel(top, left + 1, (1 - down) * right);
  visit_pixel(top + 1, left, down * (1 - right));
  visit_pixel(top + 1, left + 1, down * right);
}

template <class T>
void read_image(const Warp& warp, const AffineTransform& transform, std::int64_t row, const T* image,
                T* out) {
  const auto fill = static_cast<T>(warp.options.fill_value);
  for (std::int64_t x = 0; x < warp.width; ++x) {
    T* to = out + (row * warp.width + x) * warp.pixel;
    for (std::int64_t c = 0; c < warp.channels; ++c) to[c * warp.channel] = T(0);
    visit_sources(warp, transform, x, row, [&](std::int64_t from_row, std::int64_t column, float weight) {
      if (weight == 0.0F) return;
      const T* from = from_row < 0 ? nullptr : image + (from_row * warp.width + column) * warp.pixel;
      for (std::int64_t c = 0; c < warp.channels; ++c) {
        to[c * warp.channel] += static_cast<T>(weight) * (from == nullptr ? fill : from[c * warp.channel]);
      }
    });
  }
}

template <class T>
void scatter_image(const Warp& warp, const AffineTransform& transform, const T* gradient, T* image) {
  for (std::int64_t y = 0; y < warp.height; ++y) {
    for (std::int64_t x = 0; x < warp.width; ++x) {
      const T* from = gradient + (y * warp.width + x) * warp.pixel;
      visit_sources(warp, transform, x, y, [&](std::int64_t row, std::int64_t column, float weight) {
        if (row < 0) return;
        T* to = image + (row * warp.width + column) * warp.pixel;
        for (std::int64_t c = 0; c < warp.channels; ++c)
          to[c * warp.channel] += static_cast<T>(weight) * from[c * warp.channel];
      });
    }
  }
}

Tensor warped(const Tensor& images, const Warp& warp);

Tensor warp_gradient(const Tensor& g, const Warp& warp) {
  Tensor out = Tensor::zeros(g.shape(), g.dtype());
  const std::int64_t image = warp.height * warp.width * warp.channels;
  dispatch_float(g.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* from = g.data<T>();
    T* to = out.mutable_data<T>();
    parallel_parts(g.shape()[0], [&](std::int64_t n) {
      scatter_image<T>(warp, warp.transforms[static_cast<std::size_t>(n)], from + n * image, to + n * image);
    });
  });
  if (GradientTape::is_recording({g})) {
    GradientTape::record("affine_transform", {g}, {out}, [warp](const Tensors& outer) {
      Warp linear = warp;
      linear.options.fill_value = 0.0;
      return Tensors{warped(outer[0], linear)};
    });
  }
  return out;
}

Tensor warped(const Tensor& images, const Warp& warp) {
  Tensor out(images.shape(), images.dtype());
  const std::int64_t image = warp.height * warp.width * warp.channels;
  dispatch_float(images.dtype(), [&](auto type) {
    using T = decltype(type);
    const T* from = images.data<T>();
    T* to = out.mutable_data<T>();
    parallel_for(images.shape()[0] * warp.height, 8, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t n = row / warp.height;
        read_image<T>(warp, warp.transforms[static_cast<std::size_t>(n)], row % warp.height, from + n * image,
                      to + n * image);
      }
    });
  });
  if (GradientTape::is_recording({images})) {
    GradientTape::record("affine_transform", {images}, {out},
                         [warp](const Tensors& g) { return Tensors{warp_gradient(g[0], warp)}; });
  }
  return out;
}

}  // namespace

FillMode fill_mode_from_name(const std::string& name) {
  if (name == "constant") return FillMode::constant;
  if (name == "nearest") return FillMode::nearest;
  if (name == "reflect") return FillMode::reflect;
  if (name == "wrap") return FillMode::wrap;
  throw UnimplementedError(fmt::format(
      "Unknown `fill_mode` {}. Expected of one ('reflect', 'wrap', 'constant', 'nearest').", name));
}

Tensor affine_transform(const Tensor& images, const std::vector<AffineTransform>& transforms,
                        const AffineTransformOptions& options) {
  expect_one_computable_dtype("affine_transform", {{"images", images}});
  if (is_half(images.dtype())) {
    return in_float32([&](const Tensor& wide) { return affine_transform(wide, transforms, options); },
                      images);
  }
  if (images.rank() != 4 || static_cast<std::int64_t>(transforms.size()) != images.shape()[0]) {
    throw ValueError(
        fmt::format("affine_transform: expected images of rank 4 and a transform for each. Received: "
                    "images.shape={}, {} transforms",
                    images.shape().str(), transforms.size()));
  }
  const Shape& shape = images.shape();
  const int first = options.channels_first ? 2 : 1;
  Warp warp{transforms, options, shape[first], shape[first + 1], shape[options.channels_first ? 1 : 3], 0, 0};
  warp.pixel = options.channels_first ? 1 : warp.channels;
  warp.channel = options.channels_first ? warp.height * warp.width : 1;
  return warped(images, warp);
}

}  // namespace sepal::ops
