#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/config.h"
#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/pooling.h"

namespace sepal::ops {
namespace {

// Each window that does not fit the length evenly is pooled alone, and a number from a file may be anything.
constexpr std::int64_t kMostWindows = std::int64_t{1} << 16;

using Pool2D = Tensor (*)(const Tensor&, const Pool2DOptions&);

// One axis at a time: what is before it is a batch of images, what is behind it are channels. Windows of a
// maximum or a mean fall apart into axes, because each of an axis's windows meets each of another's.
Tensor pool_axis(Pool2D pool, const Tensor& x, int axis, std::int64_t count) {
  const std::int64_t length = x.shape()[axis];
  const Shape before = x.shape().slice(0, axis);
  const Shape behind = x.shape().slice(axis + 1, x.rank());
  const Tensor rows = reshape(x, {before.num_elements(), length, 1, behind.num_elements()});
  const auto pooled = [&](const Tensor& cells, std::int64_t window) {
    return pool(cells, {.pool_h = window, .pool_w = 1, .stride_h = window, .stride_w = 1});
  };
  Tensors windows;
  if (length % count == 0) {
    windows = {pooled(rows, length / count)};
  } else {
    for (std::int64_t i = 0; i < count; ++i) {
      const std::int64_t begin = i * length / count;
      const std::int64_t end = ((i + 1) * length + count - 1) / count;
      windows.push_back(pooled(slice(rows, 1, begin, end), end - begin));
    }
  }
  Shape shape = x.shape();
  shape[axis] = count;
  return reshape(windows.size() == 1 ? windows[0] : concatenate(windows, 1), shape);
}

Tensor adaptive_pool(const char* op, Pool2D pool, const Tensor& x,
                     const std::vector<std::int64_t>& output_size, bool channels_first) {
  expect_one_computable_dtype(op, {{"x", x}});
  const int axes = static_cast<int>(output_size.size());
  const int first = channels_first ? 2 : 1;
  bool fits = axes > 0 && x.rank() == axes + 2;
  for (int i = 0; fits && i < axes; ++i) {
    fits = output_size[static_cast<std::size_t>(i)] > 0 && x.shape()[first + i] > 0;
  }
  if (!fits) {
    throw ValueError(fmt::format(
        "{}: `output_size` must have a positive number for each spatial axis of x, and none of these "
        "may be empty. Received: output_size={}, x.shape={}",
        op, IntTuple(output_size).str(), x.shape().str()));
  }
  const auto largest = std::max_element(output_size.begin(), output_size.end());
  if (*largest > kMostWindows) {
    throw ValueError(fmt::format("{}: `output_size` must not be greater than {}. Received: output_size={}",
                                 op, kMostWindows, IntTuple(output_size).str()));
  }
  Tensor y = widened(x);
  for (int i = 0; i < axes; ++i) y = pool_axis(pool, y, first + i, output_size[static_cast<std::size_t>(i)]);
  return cast(y, x.dtype());
}

}  // namespace

Tensor adaptive_max_pool(const Tensor& x, const std::vector<std::int64_t>& output_size, bool channels_first) {
  return adaptive_pool("adaptive_max_pool", max_pool2d, x, output_size, channels_first);
}

Tensor adaptive_average_pool(const Tensor& x, const std::vector<std::int64_t>& output_size,
                             bool channels_first) {
  return adaptive_pool("adaptive_average_pool", average_pool2d, x, output_size, channels_first);
}

}  // namespace sepal::ops
