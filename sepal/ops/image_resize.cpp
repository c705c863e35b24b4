#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/base/error.h"
#include "sepal/ops/axis_map.h"
#include "sepal/ops/half.h"
#include "sepal/ops/image.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

// The pixel whose square holds the center of output pixel `i`.
std::int64_t nearest_index(std::int64_t i, std::int64_t in, float scale) {
  const float center = (static_cast<float>(i) + 0.5F) * scale;
  return std::min(in - 1, static_cast<std::int64_t>(std::floor(center)));
}

AxisMap resize_map(std::int64_t in, std::int64_t out, Interpolation interpolation) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  AxisMap map;
  map.in_length = in;
  for (std::int64_t i = 0; i < out; ++i) {
    if (interpolation == Interpolation::nearest) {
      map.add(nearest_index(i, in, scale), 1.0);
    } else {
      const float place = (static_cast<float>(i) + 0.5F) * scale - 0.5F;
      const float below = std::floor(place);
      const auto lower = std::max<std::int64_t>(0, static_cast<std::int64_t>(below));
      const auto upper = std::min(in - 1, static_cast<std::int64_t>(std::ceil(place)));
      const double share = static_cast<double>(place - below);
      map.add(lower, 1.0 - share);
      if (share != 0.0) map.add(upper, share);
    }
    map.finish_element();
  }
  return map;
}

}  // namespace

Interpolation interpolation_from_name(const std::string& name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  for (const char* known : {"bicubic", "lanczos3", "lanczos5", "area"}) {
    if (name == known) {
      throw UnimplementedError(
          fmt::format("interpolation='{}' is not supported; expected 'nearest' or 'bilinear'.", name));
    }
  }
  throw ValueError(
      fmt::format("Invalid value for argument `interpolation`. Expected of one ('bilinear', 'nearest', "
                  "'lanczos3', 'lanczos5', 'bicubic', 'area'). Received: interpolation={}",
                  name));
}

Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width, Interpolation interpolation,
              bool channels_first) {
  if (images.rank() != 4) {
    throw ValueError(fmt::format(
        "Invalid images rank: expected rank 4 (batch of images). Received input with shape: images.shape={}",
        images.shape().str()));
  }
  const int axis = channels_first ? 2 : 1;
  if (height < 1 || width < 1 || images.shape()[axis] < 1 || images.shape()[axis + 1] < 1) {
    throw ValueError(fmt::format(
        "Argument `size` must be a tuple of two positive integers (height, width), and images must have "
        "pixels. Received: size=({}, {}), images.shape={}",
        height, width, images.shape().str()));
  }
  expect_one_computable_dtype("resize", {{"images", images}});
  if (is_half(images.dtype())) {
    return in_float32(
        [&](const Tensor& wide) { return resize(wide, height, width, interpolation, channels_first); },
        images);
  }
  Tensor x = images;
  const std::int64_t lengths[] = {height, width};
  for (int i = 0; i < 2; ++i) {
    const std::int64_t length = lengths[i];
    Shape shape = x.shape();
    shape[axis + i] = length;
    // The result's size is checked before the map takes memory.
    (void)shape.num_elements();
    x = map_axis("resize", x, axis + i,
                 std::make_shared<const AxisMap>(resize_map(x.shape()[axis + i], length, interpolation)));
  }
  return x;
}

}  // namespace sepal::ops
