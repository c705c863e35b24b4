#include "sepal/kernels/conv_slices.h"

#include <algorithm>
#include <cmath>

namespace sepal::kernels {
namespace {

// Fewer slices than this would leave threads without work, so images are cut, too.
constexpr std::int64_t kEnoughSlices = 8;

/// Multiply-adds for one row of outputs.
double row_work(const Window2D& w) {
  const std::int64_t depth = w.kernel_h * w.kernel_w * (w.in_c / w.groups);
  return static_cast<double>(w.out_w * w.out_c) * static_cast<double>(depth);
}

// Of a slice; and what they are a multiple of, so that no vector is cut.
constexpr std::int64_t kLeastFilters = 64;
constexpr std::int64_t kFilterBlock = 16;

/// Output rows [begin, end) of the image that `slice` is; y_row: elements of a row of the whole output.
void narrow_to_rows(ConvSlice& slice, std::int64_t begin, std::int64_t end, std::int64_t y_row) {
  Window2D& w = slice.window;
  const std::int64_t first = begin * w.stride_h - w.pad_top;
  const std::int64_t last = (end - 1) * w.stride_h - w.pad_top + (w.kernel_h - 1) * w.dilation_h;
  const std::int64_t first_inside = std::max<std::int64_t>(first, 0);
  slice.x_offset += first_inside * w.in_w * w.in_c;
  slice.y_offset += begin * y_row;
  w.in_h = std::min(last + 1, w.in_h) - first_inside;
  w.out_h = end - begin;
  w.pad_top = first_inside - first;
}

}  // namespace

std::vector<ConvSlice> cut_convolution(const Window2D& window, const ConvCut& cut) {
  const double image_work = row_work(window) * static_cast<double>(window.out_h);
  const double images_worth_while = std::ceil(cut.least_work / std::max(image_work, 1.0));
  const std::int64_t images = std::max(ceil_divide(window.batch, cut.most_slices),
                                       images_worth_while < static_cast<double>(window.batch)
                                           ? static_cast<std::int64_t>(images_worth_while)
                                           : window.batch);
  std::int64_t rows = window.out_h;
  std::int64_t filters = window.out_c;
  if (images == 1) {
    const auto worth_while = static_cast<std::int64_t>(image_work / cut.least_work);
    const std::int64_t wanted =
        std::min(std::min(kEnoughSlices, cut.most_slices) / window.batch, worth_while);
    // Below four rows the neighbours' rows that a 3x3 kernel reads again weigh too much.
    const bool cuts_rows = cut.may_cut_images && !window.channels_first;
    const std::int64_t row_parts = cuts_rows ? std::min(wanted, window.out_h / 4) : 1;
    const bool cuts_filters = cut.may_cut_filters && window.groups == 1;
    const std::int64_t filter_parts = cuts_filters ? std::min(wanted, window.out_c / kLeastFilters) : 1;
    if (filter_parts > std::max<std::int64_t>(row_parts, 1)) {
      filters = ceil_divide(ceil_divide(window.out_c, filter_parts), kFilterBlock) * kFilterBlock;
    } else if (row_parts > 1) {
      rows = ceil_divide(window.out_h, row_parts);
    }
  }

  std::vector<ConvSlice> slices;
  const std::int64_t y_filter = window.channels_first ? window.out_h * window.out_w : 1;
  for (std::int64_t filter = 0; filter < window.out_c; filter += filters) {
    for (std::int64_t first = 0; first < window.batch; first += images) {
      for (std::int64_t row = 0; row < window.out_h; row += rows) {
        ConvSlice slice{window, first * window.in_h * window.in_w * window.in_c,
                        first * window.out_h * window.out_w * window.out_c + filter * y_filter, filter};
        slice.window.batch = std::min(images, window.batch - first);
        slice.window.out_c = std::min(filters, window.out_c - filter);
        if (rows < window.out_h) {
          narrow_to_rows(slice, row, std::min(row + rows, window.out_h), window.out_w * window.out_c);
        }
        slices.push_back(slice);
      }
    }
  }
  return slices;
}

}  // namespace sepal::kernels
