// How a depthwise or separable convolution is cut into strips of output rows, and where everything lies in
// the buffers of a strip.
//
// All buffers hold blocks of 16 channels: [block][pixel][16]. Sixteen floats are one cache line, one AVX-512
// register, two AVX2 registers; neighbouring pixels are neighbouring lines, so no stride is ever a power of
// two that would throw the rows of a tile out of the same cache set.
//
// An output channel k of the depthwise step reads input channel k / depth_multiplier; input rows are packed
// with that repetition already done and with their zero cells around, so the inner loops know neither
// multipliers nor edges nor layouts.
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

/// One term of a sum over taps: offsets of its input (at the first column) and of its weight.
struct Tap {
  std::int64_t in, weight;
};

/// Columns [0, columns) of an output row, each the sum over taps [first, first + taps). The taps come in runs
/// of `run`, whose inputs are neighbouring cells.
struct TapRow {
  std::int64_t first, taps, run, out, columns;
};

struct TapList {
  std::vector<TapRow> rows;
  std::vector<Tap> taps;
  void clear() { rows.clear(), taps.clear(); }
};

struct StripPlan {
  /// Strips of about `pixels` output pixels, several images if they are small.
  StripPlan(const Window2D& window, std::int64_t pixels);

  Window2D g;
  std::int64_t channels;  // of the depthwise output
  std::int64_t blocks;
  std::int64_t taps;

  std::int64_t images;      // of a strip; 1 if a strip holds only some rows of an image
  std::int64_t rows;        // of a strip
  std::int64_t row_strips;  // of an image
  std::int64_t strips;
  std::int64_t most_pixels;  // of a strip

  // Packed input of a strip: [block][image][in_rows][in_w][16].
  std::int64_t in_rows, in_w, in_block;
  // Gradient of the depthwise output, kept for as many rows as later input rows still need:
  // [block][image][ring][ring_w][16], row oh in slot oh % ring, its columns ring_left cells from the left
  // edge.
  std::int64_t ring, ring_w, ring_left, ring_block;
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
    return ((image_in_strip * ring + oh % ring) * ring_w + ring_left) * kLaneBlock;
  }

  /// Cells of the window table of one image: rows x in_w.
  std::int64_t table_cells() const { return in_rows * in_w; }
  /// The table of image `i` of a strip for a window sum: `cells` of them lie `cell` floats apart from `first`
  /// on (that of the image's element (first_row, 0)), rows `row` floats; cells beside the image are `zeros`.
  void fill_table(const float* first, std::int64_t row, std::int64_t cell, const float* zeros,
                  const float** table) const;

  /// Depthwise output of the strip from packed input; rows of the output lie `out_row` floats apart.
  void forward_taps(const Strip& s, std::int64_t out_row, TapList& list) const;
  /// The strip's completed rows of dx from the ring. A cell is `cell` floats, a row begins at
  /// out_image * image + out_row * (row - origin).
  void backward_taps(const Strip& s, std::int64_t cell, std::int64_t out_row, std::int64_t out_image,
                     std::int64_t origin, TapList& list) const;
};

}  // namespace sepal::kernels
