#include "sepal/ops/patches.h"

#include <fmt/format.h>

#include <numeric>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/reduce.h"
#include "sepal/ops/take.h"

namespace sepal::ops {
namespace {

// Far beyond any image; products of a few such numbers stay in 63 bits.
constexpr std::int64_t kLargest = std::int64_t{1} << 30;

// For each cell of an axis of `length` and each offset in the window, the number of the window that has the
// cell there, or -1.
std::vector<std::int64_t> window_numbers(const PatchAxis& axis, std::int64_t length) {
  std::vector<std::int64_t> numbers;
  const std::int64_t windows = axis.windows(length);
  for (std::int64_t offset = 0; offset < axis.window; ++offset) {
    for (std::int64_t cell = 0; cell < length; ++cell) {
      const std::int64_t first = cell + axis.before - offset * axis.dilation;
      const bool inside = first >= 0 && first % axis.stride == 0 && first / axis.stride < windows;
      numbers.push_back(inside ? first / axis.stride : -1);
    }
  }
  return numbers;
}

}  // namespace

std::int64_t PatchAxis::windows(std::int64_t length) const {
  const bool valid = window > 0 && window < kLargest && stride > 0 && stride < kLargest && dilation > 0 &&
                     dilation < kLargest && before >= 0 && before < kLargest && after >= 0 &&
                     after < kLargest && length < kLargest;
  const std::int64_t extent = valid ? (window - 1) * dilation + 1 : 0;
  if (!valid || length + before + after < extent) {
    throw ValueError(
        fmt::format("No window of size {}, dilation {} and stride {} fits into {} cells with {} and {} "
                    "around them.",
                    window, dilation, stride, length, before, after));
  }
  return (length + before + after - extent) / stride + 1;
}

Tensor patches(const Tensor& images, const PatchAxis& rows, const PatchAxis& columns) {
  if (images.rank() != 4) {
    throw ValueError(fmt::format("Windows are taken of images of rank 4. Received: images.shape={}",
                                 images.shape().str()));
  }
  const std::int64_t high = rows.windows(images.shape()[1]);
  const std::int64_t wide = columns.windows(images.shape()[2]);
  const Tensor framed =
      pad(images, {{0, 0}, {rows.before, rows.after}, {columns.before, columns.after}, {0, 0}});
  Tensors planes;
  for (std::int64_t i = 0; i < rows.window; ++i) {
    const Tensor lines = take_steps(framed, 1, i * rows.dilation, rows.stride, high);
    for (std::int64_t j = 0; j < columns.window; ++j)
      planes.push_back(take_steps(lines, 2, j * columns.dilation, columns.stride, wide));
  }
  const Shape shape{images.shape()[0], high, wide, rows.window, columns.window, images.shape()[3]};
  return reshape(stack(planes, 3), shape);
}

Tensor sum_of_patches(const Tensor& windows, const PatchAxis& rows, const PatchAxis& columns,
                      std::int64_t height, std::int64_t width) {
  const Shape& from = windows.shape();
  const std::int64_t high = rows.windows(height);
  const std::int64_t wide = columns.windows(width);
  if (from.rank() != 6 || from.slice(1, 5) != Shape{high, wide, rows.window, columns.window}) {
    throw ValueError(fmt::format(
        "An image of {} x {} does not have these windows: expected {} x {} of {} x {}. Received: shape={}",
        height, width, high, wide, rows.window, columns.window, from.str()));
  }
  // A table with a row for each cell of each window, and one of zeros for windows that do not have a cell.
  const Tensor cells = transpose(windows, {3, 4, 1, 2, 0, 5});
  const std::int64_t per_offset = high * wide;
  const std::int64_t offsets = rows.window * columns.window;
  const std::int64_t width_of_row = from[0] * from[5];
  const Tensor table = concatenate({reshape(cells, {offsets * per_offset, width_of_row}),
                                    Tensor::zeros({1, width_of_row}, windows.dtype())},
                                   0);
  const std::vector<std::int64_t> row_numbers = window_numbers(rows, height);
  const std::vector<std::int64_t> column_numbers = window_numbers(columns, width);
  Tensor places({offsets, height, width}, DType::int64);
  std::int64_t* place = places.mutable_data<std::int64_t>();
  for (std::int64_t offset = 0; offset < offsets; ++offset) {
    const std::int64_t i = offset / columns.window;
    const std::int64_t j = offset % columns.window;
    for (std::int64_t y = 0; y < height; ++y) {
      const std::int64_t row = row_numbers[static_cast<std::size_t>(i * height + y)];
      for (std::int64_t x = 0; x < width; ++x) {
        const std::int64_t column = column_numbers[static_cast<std::size_t>(j * width + x)];
        *place++ = row < 0 || column < 0 ? offsets * per_offset : offset * per_offset + row * wide + column;
      }
    }
  }
  const Tensor sums = sum(take(table, places), std::vector<std::int64_t>{0});
  return transpose(reshape(sums, {height, width, from[0], from[5]}), {2, 0, 1, 3});
}

}  // namespace sepal::ops
