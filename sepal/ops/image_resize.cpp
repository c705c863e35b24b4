#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>
#include <vector>

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

void add_nearest(AxisMap& map, std::int64_t i, float scale) {
  map.add(nearest_index(i, map.in_length, scale), 1.0);
}

void add_bilinear(AxisMap& map, std::int64_t i, float scale) {
  const float place = (static_cast<float>(i) + 0.5F) * scale - 0.5F;
  const float below = std::floor(place);
  const auto lower = std::max<std::int64_t>(0, static_cast<std::int64_t>(below));
  const auto upper = std::min(map.in_length - 1, static_cast<std::int64_t>(std::ceil(place)));
  const double share = static_cast<double>(place - below);
  map.add(lower, 1.0 - share);
  if (share != 0.0) map.add(upper, share);
}

// The mean of the stretch of the axis that the element covers.
void add_area(AxisMap& map, std::int64_t i, float scale) {
  const float begin = static_cast<float>(i) * scale;
  const float end = static_cast<float>(i + 1) * scale;
  for (auto source = static_cast<std::int64_t>(begin); static_cast<float>(source) < end; ++source) {
    const auto left = static_cast<float>(source);
    const float covered = std::min(left + 1.0F, end) - std::max(left, begin);
    map.add(std::min(source, map.in_length - 1), static_cast<double>(covered / scale));
  }
}

// Keys, Cubic convolution interpolation for digital image processing, 1981, with a = -1/2.
float keys_cubic(float distance) {
  const float x = std::abs(distance);
  if (x >= 2.0F) return 0.0F;
  if (x >= 1.0F) return ((-0.5F * x + 2.5F) * x - 4.0F) * x + 2.0F;
  return (1.5F * x - 2.5F) * x * x + 1.0F;
}

float triangle(float distance) { return std::max(0.0F, 1.0F - std::abs(distance)); }

template <int kRadius>
float lanczos(float distance) {
  const float x = std::abs(distance);
  if (x > kRadius) return 0.0F;
  // Near 0 the quotient below is 1 to float32's precision, and 0 / 0 at 0.
  if (x <= 1e-3F) return 1.0F;
  constexpr float kPi = std::numbers::pi_v<float>;
  return kRadius * std::sin(kPi * x) * std::sin(kPi * x / kRadius) / (kPi * kPi * x * x);
}

struct Filter {
  float (*weight)(float distance);  // distance in pixels
  float radius;                     // beyond it the weight is 0
};

Filter filter_of(Interpolation interpolation) {
  switch (interpolation) {
    case Interpolation::lanczos3:
      return {&lanczos<3>, 3.0F};
    case Interpolation::lanczos5:
      return {&lanczos<5>, 5.0F};
    case Interpolation::bicubic:
      return {&keys_cubic, 2.0F};
    default:
      return {&triangle, 1.0F};
  }
}

// Weights of the pixels [begin, begin + size) that sum to 1: what lies outside of the image has none.
void add_normalized(AxisMap& map, std::int64_t begin, const std::vector<float>& weights) {
  float total = 0.0F;
  for (const float weight : weights) total += weight;
  const float factor = 1.0F / total;
  for (std::size_t k = 0; k < weights.size(); ++k)
    map.add(begin + static_cast<std::int64_t>(k), static_cast<double>(weights[k] * factor));
}

// TensorFlow's scale_and_translate.
void add_filtered(AxisMap& map, std::int64_t i, float scale, const Filter& filter, bool antialias) {
  const float stretch = antialias ? std::max(scale, 1.0F) : 1.0F;
  const float place = (static_cast<float>(i) + 0.5F) * scale;
  const float reach = filter.radius * stretch;
  const auto inside = [&](float pixel) {
    return std::clamp<std::int64_t>(static_cast<std::int64_t>(pixel), 0, map.in_length - 1);
  };
  const std::int64_t begin = inside(std::ceil(place - reach - 0.5F));
  const std::int64_t end = inside(std::floor(place + reach - 0.5F));
  std::vector<float> weights;
  for (std::int64_t pixel = begin; pixel <= end; ++pixel)
    weights.push_back(filter.weight((static_cast<float>(pixel) + 0.5F - place) / stretch));
  add_normalized(map, begin, weights);
}

// TensorFlow's resize_bicubic takes the weights at the next of 1024 places between two pixels.
void add_bicubic(AxisMap& map, std::int64_t i, float scale) {
  constexpr float kPlaces = 1024.0F;
  const float place = (static_cast<float>(i) + 0.5F) * scale - 0.5F;
  const float below = std::floor(place);
  const float share = std::nearbyint((place - below) * kPlaces) / kPlaces;
  const auto first = static_cast<std::int64_t>(below) - 1;
  const std::int64_t begin = std::max<std::int64_t>(0, first);
  std::vector<float> weights;
  for (std::int64_t pixel = begin; pixel < std::min(map.in_length, first + 4); ++pixel)
    weights.push_back(keys_cubic(static_cast<float>(pixel - first) - 1.0F - share));
  add_normalized(map, begin, weights);
}

AxisMap resize_map(std::int64_t in, std::int64_t out, Interpolation interpolation, bool antialias) {
  const float scale = static_cast<float>(in) / static_cast<float>(out);
  AxisMap map;
  map.in_length = in;
  for (std::int64_t i = 0; i < out; ++i) {
    if (interpolation == Interpolation::nearest) {
      add_nearest(map, i, scale);
    } else if (interpolation == Interpolation::area) {
      add_area(map, i, scale);
    } else if (interpolation == Interpolation::bilinear && !antialias) {
      add_bilinear(map, i, scale);
    } else if (interpolation == Interpolation::bicubic && !antialias) {
      add_bicubic(map, i, scale);
    } else {
      add_filtered(map, i, scale, filter_of(interpolation), antialias);
    }
    map.finish_element();
  }
  return map;
}

}  // namespace

Interpolation interpolation_from_name(const std::string& name) {
  if (name == "nearest") return Interpolation::nearest;
  if (name == "bilinear") return Interpolation::bilinear;
  if (name == "bicubic") return Interpolation::bicubic;
  if (name == "lanczos3") return Interpolation::lanczos3;
  if (name == "lanczos5") return Interpolation::lanczos5;
  if (name == "area") return Interpolation::area;
  throw ValueError(
      fmt::format("Invalid value for argument `interpolation`. Expected of one ('bilinear', 'nearest', "
                  "'lanczos3', 'lanczos5', 'bicubic', 'area'). Received: interpolation={}",
                  name));
}

Tensor resize(const Tensor& images, std::int64_t height, std::int64_t width, Interpolation interpolation,
              bool channels_first, bool antialias) {
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
        [&](const Tensor& wide) {
          return resize(wide, height, width, interpolation, channels_first, antialias);
        },
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
    x = map_axis(
        "resize", x, axis + i,
        std::make_shared<const AxisMap>(resize_map(x.shape()[axis + i], length, interpolation, antialias)));
  }
  return x;
}

}  // namespace sepal::ops
