#include "sepal/kernels/strip_plan.h"

#include <algorithm>

namespace sepal::kernels {
namespace {

// Enough strips that threads which are handed one at a time finish together, as long as a strip keeps the
// pixels that a product needs to run at speed.
constexpr std::int64_t kFairStrips = 16;
constexpr std::int64_t kLeastPixels = 56;

// More parts would let more threads help and make the addition of their sums dearer.
constexpr std::int64_t kMostParts = 16;
constexpr std::int64_t kMostPartFloats = std::int64_t{1} << 23;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

std::int64_t floor_div(std::int64_t a, std::int64_t b) { return a >= 0 ? a / b : -ceil_div(-a, b); }

/// Whether the taps from `first` on read neighbouring cells, in order.
bool are_neighbours(const TapList& list, std::size_t first) {
  for (std::size_t i = first + 1; i < list.taps.size(); ++i) {
    if (list.taps[i].in != list.taps[i - 1].in + kLaneBlock) return false;
  }
  return true;
}

}  // namespace

StripPlan::StripPlan(const Window2D& window, std::int64_t pixels)
    : g(window),
      channels(g.in_c * g.depth_multiplier),
      blocks(blocks_of(channels)),
      taps(g.kernel_h * g.kernel_w) {
  const std::int64_t image = g.out_h * g.out_w;
  const std::int64_t fair = std::max(ceil_div(g.batch * image, kFairStrips), kLeastPixels);
  pixels = std::min(pixels, fair);
  images = std::clamp<std::int64_t>(pixels / image, 1, std::max<std::int64_t>(g.batch, 1));
  rows = std::clamp<std::int64_t>(pixels / g.out_w, 1, g.out_h);
  row_strips = ceil_div(g.out_h, rows);
  rows = ceil_div(g.out_h, row_strips);
  // Two rows at a time are made faster than one.
  if (rows > 1 && rows < g.out_h) rows += rows % 2;
  row_strips = ceil_div(g.out_h, rows);
  strips = row_strips == 1 ? ceil_div(g.batch, images) : g.batch * row_strips;
  most_pixels = images * rows * g.out_w;

  in_rows = (rows - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
  in_w = (g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
  in_block = images * in_rows * in_w * kLaneBlock;

  // Input column stride_w * t + phase takes output column t + offset; the ring holds zeros wherever that
  // leaves the row.
  std::int64_t least = 0, most = g.out_w - 1;
  for (std::int64_t phase = 0; phase < std::min(g.stride_w, g.in_w); ++phase) {
    const std::int64_t last = (g.in_w - 1 - phase) / g.stride_w;
    for (std::int64_t v = 0; v < g.kernel_w; ++v) {
      const std::int64_t left = phase + g.pad_left - v * g.dilation_w;
      if (left % g.stride_w != 0) continue;
      least = std::min(least, left / g.stride_w);
      most = std::max(most, left / g.stride_w + last);
    }
  }
  ring = row_strips == 1 ? g.out_h
                         : std::min(g.out_h, rows + ceil_div((g.kernel_h - 1) * g.dilation_h, g.stride_h));
  ring_left = -least;
  ring_w = ring_left + most + 1;
  ring_block = images * ring * ring_w * kLaneBlock;

  most_dx_rows = 0;
  for (std::int64_t i = 0; i < row_strips; ++i) {
    const Strip s{0, 1, i * rows, std::min(rows, g.out_h - i * rows)};
    most_dx_rows = std::max(most_dx_rows, dx_end(s) - dx_begin(s));
  }
}

Strip StripPlan::strip(std::int64_t index) const {
  const std::int64_t image = index / row_strips * images;
  const std::int64_t row = index % row_strips * rows;
  return {image, std::min(images, g.batch - image), row, std::min(rows, g.out_h - row)};
}

void StripPlan::fill_table(const float* first, std::int64_t row, std::int64_t cell, const float* zeros,
                           const float** table) const {
  for (std::int64_t r = 0; r < in_rows; ++r) {
    for (std::int64_t c = 0; c < in_w; ++c) {
      const std::int64_t w = c - g.pad_left;
      *table++ = w >= 0 && w < g.in_w ? first + r * row + w * cell : zeros;
    }
  }
}

std::int64_t StripPlan::parts(std::int64_t part_floats) const {
  const std::int64_t affordable = kMostPartFloats / std::max<std::int64_t>(part_floats, 1);
  return std::min({strips / row_strips, kMostParts, std::max<std::int64_t>(affordable, 2)});
}

std::int64_t StripPlan::dx_begin(const Strip& s) const {
  return s.row == 0 ? 0 : std::clamp<std::int64_t>(s.row * g.stride_h - g.pad_top, 0, g.in_h);
}

std::int64_t StripPlan::dx_end(const Strip& s) const {
  const std::int64_t end = s.row + s.rows;
  return end == g.out_h ? g.in_h : std::clamp<std::int64_t>(end * g.stride_h - g.pad_top, 0, g.in_h);
}

void StripPlan::forward_taps(const Strip& s, std::int64_t out_row, TapList& list) const {
  list.clear();
  for (std::int64_t i = 0; i < s.images; ++i) {
    for (std::int64_t r = 0; r < s.rows; ++r) {
      const auto first = static_cast<std::int64_t>(list.taps.size());
      for (std::int64_t u = 0; u < g.kernel_h; ++u) {
        const std::int64_t h = first_in_row(s) + r * g.stride_h + u * g.dilation_h;
        if (h < 0 || h >= g.in_h) continue;
        const std::int64_t slot = i * in_rows + r * g.stride_h + u * g.dilation_h;
        for (std::int64_t v = 0; v < g.kernel_w; ++v) {
          list.taps.push_back(
              {(slot * in_w + v * g.dilation_w) * kLaneBlock, (u * g.kernel_w + v) * kLaneBlock});
        }
      }
      const auto count = static_cast<std::int64_t>(list.taps.size()) - first;
      const bool neighbours = g.dilation_w == 1 || g.kernel_w == 1;
      list.rows.push_back({first, count, neighbours ? g.kernel_w : 1, (i * s.rows + r) * out_row, g.out_w});
    }
  }
}

void StripPlan::backward_taps(const Strip& s, std::int64_t cell, std::int64_t out_row, std::int64_t out_image,
                              std::int64_t origin, TapList& list) const {
  list.clear();
  for (std::int64_t i = 0; i < s.images; ++i) {
    for (std::int64_t h = dx_begin(s); h < dx_end(s); ++h) {
      for (std::int64_t phase = 0; phase < std::min(g.stride_w, g.in_w); ++phase) {
        const auto first = static_cast<std::int64_t>(list.taps.size());
        std::int64_t run = 1;
        for (std::int64_t u = 0; u < g.kernel_h; ++u) {
          const std::int64_t up = h + g.pad_top - u * g.dilation_h;
          if (up < 0 || up % g.stride_h != 0 || up / g.stride_h >= g.out_h) continue;
          const std::size_t first_of_row = list.taps.size();
          for (std::int64_t v = g.kernel_w - 1; v >= 0; --v) {
            const std::int64_t left = phase + g.pad_left - v * g.dilation_w;
            if (left % g.stride_w != 0) continue;
            list.taps.push_back({ring_offset(i, up / g.stride_h) + floor_div(left, g.stride_w) * kLaneBlock,
                                 (u * g.kernel_w + v) * kLaneBlock});
          }
          if (are_neighbours(list, first_of_row)) {
            run = static_cast<std::int64_t>(list.taps.size() - first_of_row);
          }
        }
        const auto count = static_cast<std::int64_t>(list.taps.size()) - first;
        list.rows.push_back({first, count, run, i * out_image + (h - origin) * out_row + phase * cell,
                             ceil_div(g.in_w - phase, g.stride_w)});
      }
    }
  }
}

}  // namespace sepal::kernels
