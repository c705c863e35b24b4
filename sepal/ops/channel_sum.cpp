#include "sepal/ops/channel_sum.h"

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/kernels/batch_norm.h"
#include "sepal/ops/array.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/half.h"

namespace sepal::ops {

kernels::ChannelLayout channel_layout(const Shape& shape, int axis) {
  const int channel_axis = normalize_axis(axis, shape.rank());
  return {shape.slice(0, channel_axis).num_elements(), shape[channel_axis],
          shape.slice(channel_axis + 1).num_elements()};
}

Tensor channel_sum(const Tensor& x, int axis) {
  if (is_half(x.dtype())) return in_float32([&](const Tensor& wide) { return channel_sum(wide, axis); }, x);
  const int channel_axis = normalize_axis(axis, x.rank());
  Tensor sums({x.shape()[channel_axis]}, x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::channel_sums(channel_layout(x.shape(), channel_axis), x.data<T>(), sums.mutable_data<T>());
  });
  GradientTape::record("channel_sum", {x}, {sums}, [shape = x.shape(), channel_axis](const Tensors& g) {
    Shape along_axis(std::vector<std::int64_t>(static_cast<std::size_t>(shape.rank()), 1));
    along_axis[channel_axis] = shape[channel_axis];
    return Tensors{broadcast_to(reshape(g[0], along_axis), shape)};
  });
  return sums;
}

}  // namespace sepal::ops
