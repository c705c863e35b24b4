#include "sepal/ops/conv_axes.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"

namespace sepal::ops {

std::size_t checked_spatial_axes(const char* op, std::initializer_list<Operand> operands,
                                 const ConvOptions& options, std::size_t most) {
  expect_one_computable_dtype(op, operands);
  const std::size_t axes = options.strides.size();
  if (axes < 1 || axes > most || options.dilation_rate.size() != axes) {
    throw ValueError(
        fmt::format("{}: `strides` and `dilation_rate` must have the same number of entries, from 1 to {}. "
                    "Received: {} and {} entries",
                    op, most, axes, options.dilation_rate.size()));
  }
  for (const Operand& operand : operands) {
    if (operand.tensor.rank() == static_cast<int>(axes) + 2) continue;
    throw ValueError(fmt::format("{0}: argument `{1}` must have rank {2}. Received: {1}.shape={3}", op,
                                 operand.name, axes + 2, operand.tensor.shape().str()));
  }
  return axes;
}

Conv2DOptions plane_options(const ConvOptions& options) {
  const std::vector<std::int64_t>& strides = options.strides;
  const std::vector<std::int64_t>& dilation = options.dilation_rate;
  const bool has_height = strides.size() > 1;
  return {.stride_h = has_height ? strides[strides.size() - 2] : 1,
          .stride_w = strides.back(),
          .dilation_h = has_height ? dilation[dilation.size() - 2] : 1,
          .dilation_w = dilation.back(),
          .padding = options.padding,
          .channels_first = options.channels_first,
          .groups = options.groups,
          .kept = options.kept};
}

Tensor with_height(const Tensor& x, bool channels_first) {
  const Shape& s = x.shape();
  return reshape(x, channels_first ? Shape{s[0], s[1], 1, s[2]} : Shape{s[0], 1, s[1], s[2]});
}

Tensor without_height(const Tensor& x, bool channels_first) {
  const Shape& s = x.shape();
  return reshape(x, channels_first ? Shape{s[0], s[1], s[3]} : Shape{s[0], s[2], s[3]});
}

Tensor kernel_with_height(const Tensor& kernel) { return reshape(kernel, kernel.shape().with_front(1)); }

}  // namespace sepal::ops
