// Geometries for tests of windowed kernels.
#pragma once

#include <algorithm>
#include <random>
#include <string>

#include "sepal/kernels/geometry.h"

namespace sepal::testing {

/// The output size and padding that follow from padding "same".
inline kernels::Window2D same_window(kernels::Window2D g) {
  const auto axis = [](std::int64_t in, std::int64_t kernel, std::int64_t stride, std::int64_t dilation,
                       std::int64_t& out, std::int64_t& before) {
    out = (in + stride - 1) / stride;
    before = std::max<std::int64_t>((out - 1) * stride + (kernel - 1) * dilation + 1 - in, 0) / 2;
  };
  axis(g.in_h, g.kernel_h, g.stride_h, g.dilation_h, g.out_h, g.pad_top);
  axis(g.in_w, g.kernel_w, g.stride_w, g.dilation_w, g.out_w, g.pad_left);
  return g;
}

/// Small sizes of everything: unequal strides and dilations, flat kernels, kernels larger than the image,
/// strides beyond the kernel, both paddings, both layouts. out_c is that of a depthwise convolution.
inline kernels::Window2D random_window(std::mt19937& random) {
  const auto draw = [&](std::int64_t least, std::int64_t most) {
    return least + static_cast<std::int64_t>(random() % static_cast<unsigned>(most - least + 1));
  };
  kernels::Window2D g;
  g.batch = draw(1, 3);
  g.in_c = draw(1, 40);
  g.depth_multiplier = draw(0, 2) == 0 ? draw(2, 4) : 1;
  g.out_c = g.in_c * g.depth_multiplier;
  g.kernel_h = draw(1, 5);
  g.kernel_w = draw(1, 5);
  g.stride_h = draw(1, 3);
  g.stride_w = draw(0, 3) == 0 ? draw(1, 6) : g.stride_h;
  g.dilation_h = draw(0, 1) == 0 ? 1 : draw(1, 3);
  g.dilation_w = draw(0, 1) == 0 ? 1 : draw(1, 3);
  g.channels_first = draw(0, 3) == 0;
  g.in_h = draw(1, 20);
  g.in_w = draw(1, 20);
  if (draw(0, 1) == 0) return same_window(g);
  const auto extent_h = (g.kernel_h - 1) * g.dilation_h + 1, extent_w = (g.kernel_w - 1) * g.dilation_w + 1;
  g.in_h = std::max(g.in_h, extent_h);
  g.in_w = std::max(g.in_w, extent_w);
  g.out_h = (g.in_h - extent_h) / g.stride_h + 1;
  g.out_w = (g.in_w - extent_w) / g.stride_w + 1;
  return g;
}

inline std::string describe(const kernels::Window2D& g) {
  const auto pair = [](std::int64_t a, std::int64_t b) {
    return std::to_string(a) + "x" + std::to_string(b);
  };
  return "batch " + std::to_string(g.batch) + ", in " + pair(g.in_h, g.in_w) + "x" + std::to_string(g.in_c) +
         ", out " + pair(g.out_h, g.out_w) + "x" + std::to_string(g.out_c) + ", kernel " +
         pair(g.kernel_h, g.kernel_w) + ", strides " + pair(g.stride_h, g.stride_w) + ", dilation " +
         pair(g.dilation_h, g.dilation_w) + ", padding " + pair(g.pad_top, g.pad_left) + ", multiplier " +
         std::to_string(g.depth_multiplier) + (g.channels_first ? ", channels first" : "");
}

}  // namespace sepal::testing
