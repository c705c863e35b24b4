// Where an element of an image tensor lies, in both layouts.
#pragma once

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

/// Distances in elements between neighbours along each axis.
struct ImageStrides {
  std::int64_t n, h, w, c;

  std::int64_t at(std::int64_t in, std::int64_t ih, std::int64_t iw, std::int64_t ic) const {
    return in * n + ih * h + iw * w + ic * c;
  }
};

/// Of a tensor (n, h, w, c), or (n, c, h, w) when channels_first.
inline ImageStrides image_strides(std::int64_t h, std::int64_t w, std::int64_t c, bool channels_first) {
  return channels_first ? ImageStrides{c * h * w, w, 1, h * w} : ImageStrides{h * w * c, w * c, c, 1};
}

inline ImageStrides input_strides(const Window2D& g) {
  return image_strides(g.in_h, g.in_w, g.in_c, g.channels_first);
}

/// Of an output with `channels` channels.
inline ImageStrides output_strides(const Window2D& g, std::int64_t channels) {
  return image_strides(g.out_h, g.out_w, channels, g.channels_first);
}

}  // namespace sepal::kernels
