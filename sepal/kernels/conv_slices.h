// A convolution cut into smaller convolutions: whole images, or rows of outputs of one image, or some of the
// filters. Together they are the whole, and a kernel's gradient is the sum of theirs. Cut by the sizes alone.
#pragma once

#include <vector>

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

struct ConvSlice {
  Window2D window;
  std::int64_t x_offset;  // elements before the slice's first
  std::int64_t y_offset;
  std::int64_t first_filter = 0;
};

struct ConvCut {
  double least_work;  // multiply-adds that make a slice worth while
  std::int64_t most_slices;
  bool may_cut_images =
      true;  // rows of one image; with channels_first they are not contiguous and stay together
  /// Small images have few rows and mostly large kernels: a slice then reads its part of the kernel alone.
  bool may_cut_filters = false;
};

std::vector<ConvSlice> cut_convolution(const Window2D& window, const ConvCut& cut);

}  // namespace sepal::kernels
