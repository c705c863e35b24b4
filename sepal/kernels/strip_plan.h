// How a depthwise or separable convolution is cut into strips of output rows, and where everything lies in
// the buffers of a strip.
//
// All buffers hold blocks of 16 channels: [block][pixel][16]. Sixteen floats are one cache line, one AVX-512
// register, two AVX2 registers; neighbouring pixels are neighbouring lines, so no stride is ever a power of
// two that would throw the rows of a tile out of the same cache set.
//
// An output channel k of the depthwise step reads input channel k / depth_multiplier. Blocks whose channels
// lie together in the image are read there, through a table of cells; the others from packed rows, with that
// repetition done and zero cells around. The inner loops know neither multipliers nor edges nor layouts.
#pragma once

#include <vector>

#include "sepal/kernels/geometry.h"

namespace sepal::kernels {

inline constexpr std::int64_t kLaneBlock = 16;

inline std::int64_t blocks_of(std::int64_t channels) { return (channels + kLaneBlock - 1) / kLaneBlock; }

/// Output rows [row, row + rows) of images [image, image + images).
struct Strip {
  std::int64_t image, images, row, rows;
};

struct StripPlan {
  /// Strips of about `pixels` output pixels, several images if they are small.
  StripPlan(const Window2D& window, std::int64_t pixels);
  /// As many strips of each image, of nearly as many rows, 1 <= row_strips <= out_h. For forward steps alone.
  static StripPlan even(const Window2D& window, std::int64_t row_strips);

  Window2D g;
  std::int64_t channels;  // of the depthwise output
  std::int64_t blocks;
  std::int64_t taps;

  std::int64_t images;      // of a strip; 1 if a strip holds only some rows of an image
  std::int64_t rows;        // of a strip
  std::int64_t row_strips;  // of an image
  bool is_even = false;     // strips differ by at most a row; otherwise only the last one is smaller
  std::int64_t strips;
  std::int64_t most_pixels;  // of a strip

  // Packed input of a strip: [block][image][in_rows][in_w][16].
  std::int64_t in_rows, in_w, in_block;
  // Gradient of the depthwise output, kept for as many rows as later input rows still need:
  // [block][image][ring][out_w][16], row oh in slot oh % ring; behind each block a cell of zeros.
  std::int64_t ring, ring_block;
  /// Most rows of dx that one strip completes.
  std::int64_t most_dx_rows;

  Strip strip(std::int64_t index) const;
  /// Input row of the first packed row; may be negative.
  std::int64_t first_in_row(const Strip& s) const { return s.row * g.stride_h - g.pad_top; }
  /// Rows of dx that are complete once this strip's gradient is known: [begin, end).
  std::int64_t dx_begin(const Strip& s) const;
  std::int64_t dx_end(const Strip& s) const;

  /// Backward steps collect their sums in parts that hold whole images; this many parts, if a part keeps
  /// `part_floats` sums of its own.
  std::int64_t parts(std::int64_t part_floats) const;
  /// First strip of a part; `part_begin(parts, parts)` is the end of the last.
  std::int64_t part_begin(std::int64_t part, std::int64_t parts) const {
    return strips / row_strips * part / parts * row_strips;
  }

  std::int64_t ring_offset(std::int64_t image_in_strip, std::int64_t oh) const {
    return (image_in_strip * ring + oh % ring) * g.out_w * kLaneBlock;
  }

  /// The zero cell of the first block of a ring; those of the others are ring_block apart.
  std::int64_t ring_zero() const { return ring_block - kLaneBlock; }

  /// Cells of the window table of one image: rows x in_w.
  std::int64_t table_cells() const { return in_rows * in_w; }
  /// The table of one image of a strip for a window sum: cell (0, 0) of the image is at `image`, its rows lie
  /// `row` floats apart and its cells `cell`; what is beside it is `zeros`.
  void fill_table(const Strip& s, const float* image, std::int64_t row, std::int64_t cell, const float* zeros,
                  const float** table) const;

 private:
  void set_sizes();  // that follow from those of a strip
};

}  // namespace sepal::kernels
