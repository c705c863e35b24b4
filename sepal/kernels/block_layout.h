// Row-major matrices into blocks of 16 columns, [block][row][16], or wider panels, and back.
#pragma once

#include <cstdint>

namespace sepal::kernels {

/// from (rows, columns) to [columns / 16][rows][16], zeros behind the last column.
void pack_columns(std::int64_t rows, std::int64_t columns, const float* from, float* to);

/// Floats of a matrix in panels.
constexpr std::int64_t panel_floats(std::int64_t rows, std::int64_t columns, std::int64_t width) {
  return (columns + width - 1) / width * width * rows;
}

/// from (rows, columns) to panels [columns / width][row][width], zeros behind the last column. `width` is a
/// multiple of 16.
void pack_panels(std::int64_t rows, std::int64_t columns, std::int64_t width, const float* from, float* to);

/// from (rows, columns), transposed, to panels [rows / width][columns][width], zeros behind the last row.
void pack_transposed_panels(std::int64_t rows, std::int64_t columns, std::int64_t width, const float* from,
                            float* to);

/// to (rows, columns) = sum over `parts` of from[part], each [columns / 16][padded_rows][16] and
/// `part_stride` floats apart, added in the order of the parts.
void sum_parts(std::int64_t parts, std::int64_t part_stride, std::int64_t rows, std::int64_t padded_rows,
               std::int64_t columns, const float* from, float* to);

}  // namespace sepal::kernels
