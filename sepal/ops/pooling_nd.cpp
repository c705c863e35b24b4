#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/conv_axes.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/pooling.h"

namespace sepal::ops {
namespace {

using Pool2D = Tensor (*)(const Tensor&, const Pool2DOptions&);

// The last two axes; a single axis is the width.
Pool2DOptions plane_of(const PoolOptions& options) {
  const std::vector<std::int64_t>& size = options.pool_size;
  const std::vector<std::int64_t>& strides = options.strides;
  const bool has_height = size.size() > 1;
  return {.pool_h = has_height ? size[size.size() - 2] : 1,
          .pool_w = size.back(),
          .stride_h = has_height ? strides[size.size() - 2] : 1,
          .stride_w = strides.back(),
          .padding = options.padding,
          .channels_first = options.channels_first};
}

Tensor pool_volume(Pool2D pool, const Tensor& x, const PoolOptions& options) {
  const Shape& s = x.shape();
  const bool first = options.channels_first;
  const std::int64_t depth = s[first ? 2 : 1];
  const Tensor planes = pool(reshape(x, first ? Shape{s[0], checked_multiply(s[1], depth), s[3], s[4]}
                                              : Shape{checked_multiply(s[0], depth), s[2], s[3], s[4]}),
                             plane_of(options));
  // A plane's rows one behind the other, so that depth is the height of an image.
  const std::int64_t h = planes.shape()[first ? 2 : 1];
  const std::int64_t w = planes.shape()[first ? 3 : 2];
  const Tensor columns =
      pool(reshape(planes, first ? Shape{s[0], s[1], depth, h * w} : Shape{s[0], depth, h * w, s[4]}),
           {.pool_h = options.pool_size[0],
            .pool_w = 1,
            .stride_h = options.strides[0],
            .stride_w = 1,
            .padding = options.padding,
            .channels_first = first});
  return reshape(columns, first ? Shape{s[0], s[1], kNone, h, w} : Shape{s[0], kNone, h, w, s[4]});
}

Tensor pool_nd(const char* op, Pool2D pool, const Tensor& x, const PoolOptions& options) {
  expect_one_computable_dtype(op, {{"x", x}});
  const std::size_t axes = options.pool_size.size();
  if (axes < 1 || axes > 3 || options.strides.size() != axes || x.rank() != static_cast<int>(axes) + 2) {
    throw ValueError(fmt::format(
        "{}: `pool_size` and `strides` must have an entry for each of the 1 to 3 spatial axes of x. "
        "Received: {} and {} entries, x.shape={}",
        op, axes, options.strides.size(), x.shape().str()));
  }
  if (axes == 3) return pool_volume(pool, x, options);
  const Pool2DOptions plane = plane_of(options);
  if (axes == 2) return pool(x, plane);
  return without_height(pool(with_height(x, plane.channels_first), plane), plane.channels_first);
}

}  // namespace

Tensor max_pool(const Tensor& x, const PoolOptions& options) {
  return pool_nd("max_pool", max_pool2d, x, options);
}

Tensor average_pool(const Tensor& x, const PoolOptions& options) {
  return pool_nd("average_pool", average_pool2d, x, options);
}

}  // namespace sepal::ops
