#include "sepal/ops/conv3d.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"

namespace sepal::ops {
namespace {

// The window along depth: image slice z * stride + tap * dilation - padding_before meets output slice z.
struct DepthWindow {
  std::int64_t images;   // slices of the image
  std::int64_t windows;  // slices of the output
  std::int64_t taps;
  std::int64_t stride;
  std::int64_t dilation;
  std::int64_t padding_before;
};

void expect_positive_depth(const ConvOptions& options, std::int64_t kernel) {
  if (kernel > 0 && options.strides[0] > 0 && options.dilation_rate[0] > 0) return;
  throw ValueError(
      fmt::format("conv: kernel_size, strides and dilation_rate must be strictly positive. Received along "
                  "depth: {}, {} and {}",
                  kernel, options.strides[0], options.dilation_rate[0]));
}

void expect_some_slices(std::int64_t images, std::int64_t windows, std::int64_t kernel) {
  if (images > 0 && windows > 0) return;
  throw ValueError(
      fmt::format("Computed output size would be zero or negative. Received along depth: images of {} and "
                  "{} slices, kernel_size={}",
                  images, windows, kernel));
}

DepthWindow depth_window(std::int64_t length, std::int64_t kernel, const ConvOptions& options) {
  expect_positive_depth(options, kernel);
  const std::int64_t stride = options.strides[0];
  const std::int64_t dilation = options.dilation_rate[0];
  const std::int64_t windows = window_output_length(length, kernel, options.padding, stride, dilation);
  expect_some_slices(length, windows, kernel);
  // Nothing follows a single window, and a stride larger than the image would ask for empty slices.
  return {length,   windows,
          kernel,   windows == 1 ? 1 : stride,
          dilation, window_padding_before(length, kernel, options.padding, stride, dilation)};
}

DepthWindow transposed_depth_window(std::int64_t length, std::int64_t kernel, const ConvOptions& options,
                                    std::optional<std::int64_t> output_padding) {
  expect_positive_depth(options, kernel);
  const std::int64_t stride = options.strides[0];
  const std::int64_t dilation = options.dilation_rate[0];
  const std::int64_t images =
      transposed_output_length(length, kernel, options.padding, stride, dilation, output_padding);
  expect_some_slices(images, length, kernel);
  return {images,   length,
          kernel,   length == 1 ? 1 : stride,
          dilation, transposed_padding_before(length, images, kernel, options.padding, stride, dilation)};
}

// x with `before` and `after` zeros on one axis.
Tensor pad_axis(const Tensor& x, std::size_t axis, std::int64_t before, std::int64_t after) {
  if (before == 0 && after == 0) return x;
  std::vector<std::pair<std::int64_t, std::int64_t>> padding(static_cast<std::size_t>(x.rank()));
  padding[axis] = {before, after};
  return pad(x, padding);
}

// Of (n, d, h, w, c).
Tensor channels_to_end(const Tensor& x) { return transpose(x, {0, 2, 3, 4, 1}); }
Tensor channels_to_front(const Tensor& x) { return transpose(x, {0, 4, 1, 2, 3}); }

// What is left for the two-dimensional op.
ConvOptions plane_of(const ConvOptions& options) {
  return {.strides = {options.strides[1], options.strides[2]},
          .dilation_rate = {options.dilation_rate[1], options.dilation_rate[2]},
          .padding = options.padding,
          .groups = options.groups};
}

// (kd, kh, kw, c, f) -> (kh, kw, kd * c, f).
Tensor taps_as_channels(const Tensor& kernel) {
  const Shape& k = kernel.shape();
  return reshape(transpose(kernel, {1, 2, 0, 3, 4}), {k[1], k[2], k[0] * k[3], k[4]});
}

// (n, images, h, w, c) -> (n * windows, h, w, taps * c), the taps of each group side by side.
Tensor gather_taps(const Tensor& x, const DepthWindow& g, std::int64_t groups) {
  const Shape& s = x.shape();
  const std::int64_t span = g.windows * g.stride;
  const std::int64_t needed = (g.taps - 1) * g.dilation + span;
  const std::int64_t after = std::max<std::int64_t>(0, needed - g.images - g.padding_before);
  const Tensor padded = pad_axis(x, 1, g.padding_before, after);
  Tensors taps;
  for (std::int64_t tap = 0; tap < g.taps; ++tap) {
    const std::int64_t first = tap * g.dilation;
    Tensor slices = slice(padded, 1, first, first + span);
    if (g.stride > 1) {
      slices = slice(reshape(slices, {s[0], g.windows, g.stride, s[2], s[3], s[4]}), 2, 0, 1);
    }
    taps.push_back(reshape(slices, {s[0] * g.windows, s[2], s[3], groups, 1, s[4] / groups}));
  }
  return reshape(concatenate(taps, 4), {s[0] * g.windows, s[2], s[3], g.taps * s[4]});
}

// The adjoint of gather_taps without groups: (n, windows, h, w, taps, c) -> (n, images, h, w, c).
Tensor scatter_taps(const Tensor& x, const DepthWindow& g) {
  const Shape& s = x.shape();
  const std::int64_t span = g.windows * g.stride;
  const std::int64_t total = (g.taps - 1) * g.dilation + span;
  Tensor sum;
  for (std::int64_t tap = 0; tap < g.taps; ++tap) {
    const Tensor values = reshape(slice(x, 4, tap, tap + 1), {s[0], g.windows, 1, s[2], s[3], s[5]});
    const Tensor spread = reshape(pad_axis(values, 2, 0, g.stride - 1), {s[0], span, s[2], s[3], s[5]});
    const std::int64_t first = tap * g.dilation;
    const Tensor placed = pad_axis(spread, 1, first, total - span - first);
    sum = sum.defined() ? add(sum, placed) : placed;
  }
  const std::int64_t missing = std::max<std::int64_t>(0, g.padding_before + g.images - total);
  return slice(pad_axis(sum, 1, 0, missing), 1, g.padding_before, g.padding_before + g.images);
}

}  // namespace

Tensor conv3d(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options) {
  const Tensor image = options.channels_first ? channels_to_end(x) : x;
  const Shape& k = kernel.shape();
  const std::int64_t channels = image.shape()[4];
  if (options.groups < 1 || channels != checked_multiply(k[3], options.groups)) {
    throw ValueError(
        fmt::format("conv: the number of input channels must be the kernel's ({}) times the number of groups "
                    "({}). Received: x.shape={}, kernel.shape={}",
                    k[3], options.groups, x.shape().str(), k.str()));
  }
  const DepthWindow window = depth_window(image.shape()[1], k[0], options);
  ConvOptions plane = plane_of(options);
  plane.groups = options.groups;
  const Tensor y = conv(gather_taps(image, window, options.groups), taps_as_channels(kernel), bias, plane);
  const Shape& s = y.shape();
  const Tensor volume = reshape(y, {x.shape()[0], window.windows, s[1], s[2], s[3]});
  return options.channels_first ? channels_to_front(volume) : volume;
}

Tensor conv3d_transpose(const Tensor& x, const Tensor& kernel, const ConvOptions& options,
                        const std::optional<std::vector<std::int64_t>>& output_padding) {
  const Tensor image = options.channels_first ? channels_to_end(x) : x;
  const Shape& from = image.shape();
  const Shape& k = kernel.shape();
  const std::optional<std::int64_t> depth_padding =
      output_padding ? std::optional((*output_padding)[0]) : std::nullopt;
  const DepthWindow window = transposed_depth_window(from[1], k[0], options, depth_padding);
  std::optional<std::vector<std::int64_t>> plane_padding;
  if (output_padding) plane_padding = {(*output_padding)[1], (*output_padding)[2]};
  const Tensor y = conv_transpose(reshape(image, {from[0] * from[1], from[2], from[3], from[4]}),
                                  taps_as_channels(kernel), Tensor(), plane_of(options), plane_padding);
  const Shape& s = y.shape();
  const Tensor volume = scatter_taps(reshape(y, {from[0], from[1], s[1], s[2], k[0], k[3]}), window);
  return options.channels_first ? channels_to_front(volume) : volume;
}

}  // namespace sepal::ops
