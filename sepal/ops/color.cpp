#include "sepal/ops/color.h"

#include <fmt/format.h>

#include <array>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/comparison.h"
#include "sepal/ops/elementwise.h"

namespace sepal::ops {
namespace {

std::array<Tensor, 3> channels_of(const Tensor& images) {
  if (images.rank() < 1 || images.shape()[-1] != 3) {
    throw ValueError(
        fmt::format("Invalid channel size: expected 3. Received: images.shape={}", images.shape().str()));
  }
  return {slice(images, -1, 0, 1), slice(images, -1, 1, 2), slice(images, -1, 2, 3)};
}

Tensor constant(double value, const Tensor& like) { return Tensor::scalar(value, like.dtype()); }

// a / b, and 0 where b is not positive.
Tensor ratio(const Tensor& a, const Tensor& b) {
  const Tensor positive = greater(b, constant(0.0, b));
  return select(positive, divide(a, select(positive, b, constant(1.0, b))), constant(0.0, b));
}

}  // namespace

Tensor rgb_to_grayscale(const Tensor& images) {
  const auto [red, green, blue] = channels_of(images);
  return add(add(multiply(red, 0.2989), multiply(green, 0.5870)), multiply(blue, 0.1140));
}

Tensor rgb_to_hsv(const Tensor& images) {
  const auto [red, green, blue] = channels_of(images);
  const Tensor value = maximum(maximum(red, green), blue);
  const Tensor range = subtract(value, minimum(minimum(red, green), blue));
  // The hue is an angle, a sixth of a turn on either side of the strongest color.
  const auto around = [&](const Tensor& a, const Tensor& b, double center) {
    return add(multiply(ratio(subtract(a, b), range), 1.0 / 6.0), center);
  };
  Tensor hue = select(equal(green, value), around(blue, red, 2.0 / 6.0), around(red, green, 4.0 / 6.0));
  hue = select(equal(red, value), around(green, blue, 0.0), hue);
  hue = select(greater(range, constant(0.0, range)), hue, constant(0.0, range));
  hue = select(less(hue, constant(0.0, hue)), add(hue, 1.0), hue);
  return concatenate({hue, ratio(range, value), value}, -1);
}

Tensor hsv_to_rgb(const Tensor& images) {
  // A lambda of clang 14 cannot capture parts of a structured binding.
  const auto channels = channels_of(images);
  const Tensor &hue = channels[0], &saturation = channels[1], &value = channels[2];
  const Tensor sixths = multiply(hue, 6.0);
  const auto bounded = [](const Tensor& x) { return clip(x, 0.0, 1.0); };
  const auto distance = [&](double center) { return abs(add(sixths, -center)); };
  const Tensor red = bounded(add(distance(3.0), -1.0));
  const Tensor green = bounded(add(negative(distance(2.0)), 2.0));
  const Tensor blue = bounded(add(negative(distance(4.0)), 2.0));
  const Tensor white = add(negative(saturation), 1.0);
  const auto mixed = [&](const Tensor& color) {
    return multiply(add(white, multiply(saturation, color)), value);
  };
  return concatenate({mixed(red), mixed(green), mixed(blue)}, -1);
}

}  // namespace sepal::ops
