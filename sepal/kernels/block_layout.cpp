#include "sepal/kernels/block_layout.h"

#include <algorithm>
#include <cstring>

#include "sepal/base/parallel.h"
#include "sepal/kernels/geometry.h"
#include "sepal/kernels/strip_plan.h"

namespace sepal::kernels {
namespace {

// Below this many elements starting threads costs more than copying.
constexpr std::int64_t kGrainElements = 32768;

// Rows that are packed together: a stream of memory for each, which the hardware follows.
constexpr std::int64_t kPackedRows = 16;

/// The first `width` of sixteen floats, then zeros. A copy of known length is a few moves and no call.
inline void copy_cell(const float* from, std::int64_t width, float* to) {
  if (width == kLaneBlock) {
    std::memcpy(to, from, kLaneBlock * sizeof(float));
  } else {
    std::copy_n(from, width, to);
    std::fill_n(to + width, kLaneBlock - width, 0.0F);
  }
}

void for_each_block(std::int64_t blocks, std::int64_t block_elements,
                    const std::function<void(std::int64_t block)>& body) {
  parallel_for(blocks, kGrainElements / std::max<std::int64_t>(block_elements, 1) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t block = begin; block < end; ++block) body(block);
               });
}

}  // namespace

void pack_columns(std::int64_t rows, std::int64_t columns, const float* from, float* to) {
  for_each_block(blocks_of(columns), rows * kLaneBlock, [&](std::int64_t block) {
    const std::int64_t first = block * kLaneBlock;
    const std::int64_t width = std::min(kLaneBlock, columns - first);
    for (std::int64_t r = 0; r < rows; ++r) {
      copy_cell(from + r * columns + first, width, to + (block * rows + r) * kLaneBlock);
    }
  });
}

void pack_panels(std::int64_t rows, std::int64_t columns, std::int64_t width, const float* from, float* to) {
  const std::int64_t cells = blocks_of(columns), cells_of_panel = width / kLaneBlock;
  for_each_block(ceil_divide(rows, kPackedRows), kPackedRows * columns, [&](std::int64_t group) {
    const std::int64_t begin = group * kPackedRows, end = std::min(rows, begin + kPackedRows);
    for (std::int64_t cell = 0; cell < ceil_divide(cells, cells_of_panel) * cells_of_panel; ++cell) {
      const std::int64_t first = cell * kLaneBlock;
      const std::int64_t count = std::clamp<std::int64_t>(columns - first, 0, kLaneBlock);
      float* panel = to + cell / cells_of_panel * rows * width + cell % cells_of_panel * kLaneBlock;
      for (std::int64_t r = begin; r < end; ++r)
        copy_cell(from + r * columns + first, count, panel + r * width);
    }
  });
}

void pack_transposed_panels(std::int64_t rows, std::int64_t columns, std::int64_t width, const float* from,
                            float* to) {
  for_each_block(ceil_divide(rows, width), columns * width, [&](std::int64_t panel) {
    const std::int64_t first = panel * width;
    const std::int64_t count = std::min(width, rows - first);
    float* target = to + panel * columns * width;
    // Sixteen columns at a time: as many rows of the target stay in L1 while every source row passes.
    for (std::int64_t begin = 0; begin < columns; begin += kLaneBlock) {
      const std::int64_t end = std::min(columns, begin + kLaneBlock);
      for (std::int64_t i = 0; i < count; ++i) {
        const float* source = from + (first + i) * columns;
        // Rows lie too far apart for the hardware to foresee the next line of each.
        __builtin_prefetch(source + end + kLaneBlock);
        for (std::int64_t c = begin; c < end; ++c) target[c * width + i] = source[c];
      }
    }
    for (std::int64_t c = 0; count < width && c < columns; ++c) {
      std::fill_n(target + c * width + count, width - count, 0.0F);
    }
  });
}

void sum_parts(std::int64_t parts, std::int64_t part_stride, std::int64_t rows, std::int64_t padded_rows,
               std::int64_t columns, const float* from, float* to) {
  for_each_block(blocks_of(columns), parts * rows * kLaneBlock, [&](std::int64_t block) {
    const std::int64_t first = block * kLaneBlock;
    const std::int64_t width = std::min(kLaneBlock, columns - first);
    for (std::int64_t r = 0; r < rows; ++r) {
      float sum[kLaneBlock] = {};
      for (std::int64_t part = 0; part < parts; ++part) {
        const float* cell = from + part * part_stride + (block * padded_rows + r) * kLaneBlock;
        for (std::int64_t i = 0; i < kLaneBlock; ++i) sum[i] += cell[i];
      }
      if (width == kLaneBlock) {
        std::memcpy(to + r * columns + first, sum, sizeof sum);
      } else {
        std::copy_n(sum, width, to + r * columns + first);
      }
    }
  });
}

}  // namespace sepal::kernels
