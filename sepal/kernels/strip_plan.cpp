#include "sepal/kernels/strip_plan.h"

#include <algorithm>
#include <bit>

namespace sepal::kernels {
namespace {

// Enough strips that threads which are handed one at a time finish together, as long as a strip keeps the
// pixels that a product needs to run at speed.
constexpr std::int64_t kFairStrips = 16;
constexpr std::int64_t kLeastPixels = 56;

// More parts would let more threads help and make the addition of their sums dearer.
constexpr std::int64_t kMostParts = 16;
constexpr std::int64_t kMostPartFloats = std::int64_t{1} << 23;
// Adding up the sums of a part takes a few per cent of computing them from this many pixels.
constexpr std::int64_t kPixelsOfPart = 512;

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

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
  set_sizes();
}

StripPlan StripPlan::even(const Window2D& window, std::int64_t row_strips) {
  StripPlan plan(window, 1);
  plan.images = 1;
  plan.row_strips = row_strips;
  plan.rows = ceil_div(window.out_h, row_strips);
  plan.is_even = true;
  plan.set_sizes();
  return plan;
}

void StripPlan::set_sizes() {
  strips = row_strips == 1 ? ceil_div(g.batch, images) : g.batch * row_strips;
  most_pixels = images * rows * g.out_w;

  in_rows = (rows - 1) * g.stride_h + (g.kernel_h - 1) * g.dilation_h + 1;
  in_w = (g.out_w - 1) * g.stride_w + (g.kernel_w - 1) * g.dilation_w + 1;
  in_block = images * in_rows * in_w * kLaneBlock;

  ring = row_strips == 1 ? g.out_h
                         : std::min(g.out_h, rows + ceil_div((g.kernel_h - 1) * g.dilation_h, g.stride_h));
  ring_block = (images * ring * g.out_w + 1) * kLaneBlock;

  most_dx_rows = 0;
  for (std::int64_t i = 0; i < row_strips; ++i) {
    const Strip s = strip(i);
    most_dx_rows = std::max(most_dx_rows, dx_end(s) - dx_begin(s));
  }
}

Strip StripPlan::strip(std::int64_t index) const {
  const std::int64_t image = index / row_strips * images;
  const std::int64_t i = index % row_strips;
  const std::int64_t row = is_even ? g.out_h * i / row_strips : i * rows;
  const std::int64_t end = is_even ? g.out_h * (i + 1) / row_strips : std::min(row + rows, g.out_h);
  return {image, std::min(images, g.batch - image), row, end - row};
}

void StripPlan::fill_table(const Strip& s, const float* image, std::int64_t row, std::int64_t cell,
                           const float* zeros, const float** table) const {
  for (std::int64_t r = 0; r < in_rows; ++r) {
    const std::int64_t h = first_in_row(s) + r;
    if (h < 0 || h >= g.in_h) {
      std::fill_n(table, in_w, zeros);
    } else {
      for (std::int64_t c = 0; c < in_w; ++c) {
        const std::int64_t w = c - g.pad_left;
        table[c] = w >= 0 && w < g.in_w ? image + h * row + w * cell : zeros;
      }
    }
    table += in_w;
  }
}

std::int64_t StripPlan::parts(std::int64_t part_floats) const {
  const std::int64_t affordable = kMostPartFloats / std::max<std::int64_t>(part_floats, 1);
  const std::int64_t worthwhile = std::max<std::int64_t>(g.batch * g.out_h * g.out_w / kPixelsOfPart, 2);
  return std::min({strips / row_strips, kMostParts, std::max<std::int64_t>(affordable, 2),
                   static_cast<std::int64_t>(std::bit_floor(static_cast<std::uint64_t>(worthwhile)))});
}

std::int64_t StripPlan::dx_begin(const Strip& s) const {
  return s.row == 0 ? 0 : std::clamp<std::int64_t>(s.row * g.stride_h - g.pad_top, 0, g.in_h);
}

std::int64_t StripPlan::dx_end(const Strip& s) const {
  const std::int64_t end = s.row + s.rows;
  return end == g.out_h ? g.in_h : std::clamp<std::int64_t>(end * g.stride_h - g.pad_top, 0, g.in_h);
}

}  // namespace sepal::kernels
