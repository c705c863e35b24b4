#include "sepal/ops/pooling.h"

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/kernels/pooling.h"
#include "sepal/ops/conv_geometry.h"
#include "sepal/ops/conv_gradients.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

using kernels::Window2D;

Window2D pool_window(const char* op, const Tensor& x, const Pool2DOptions& options) {
  expect_one_computable_dtype(op, {{"x", x}});
  const Conv2DOptions as_conv{.stride_h = options.stride_h,
                              .stride_w = options.stride_w,
                              .padding = options.padding,
                              .channels_first = options.channels_first};
  Window2D window = conv_window(x.shape(), options.pool_h, options.pool_w, 0, as_conv);
  window.out_c = window.in_c;
  return window;
}

}  // namespace

Tensor max_pool2d(const Tensor& x, const Pool2DOptions& options) {
  if (is_half(x.dtype())) return in_float32([&](const Tensor& wide) { return max_pool2d(wide, options); }, x);
  const Window2D window = pool_window("max_pool2d", x, options);
  Tensor y(output_shape(window), x.dtype());
  const bool recording = GradientTape::is_recording({x});
  Tensor taps = recording ? Tensor(y.shape(), x.dtype()) : Tensor();
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::max_pool2d(window, x.data<T>(), y.mutable_data<T>(),
                        recording ? taps.mutable_data<T>() : nullptr);
  });
  if (!recording) return y;
  GradientTape::record("max_pool2d", {x}, {y}, [window, taps](const Tensors& g) {
    Tensor dx(input_shape(window), g[0].dtype());
    dispatch_float(g[0].dtype(), [&](auto type) {
      using T = decltype(type);
      kernels::max_pool2d_backward(window, g[0].data<T>(), taps.data<T>(), dx.mutable_data<T>());
    });
    record_once_differentiable("gradient of max_pool2d", {g[0]}, {dx});
    return Tensors{dx};
  });
  return y;
}

Tensor average_pool2d(const Tensor& x, const Pool2DOptions& options) {
  if (is_half(x.dtype()))
    return in_float32([&](const Tensor& wide) { return average_pool2d(wide, options); }, x);
  const Window2D window = pool_window("average_pool2d", x, options);
  Tensor y(output_shape(window), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::average_pool2d(window, x.data<T>(), y.mutable_data<T>());
  });
  GradientTape::record("average_pool2d", {x}, {y}, [window](const Tensors& g) {
    Tensor dx(input_shape(window), g[0].dtype());
    dispatch_float(g[0].dtype(), [&](auto type) {
      using T = decltype(type);
      kernels::average_pool2d_backward(window, g[0].data<T>(), dx.mutable_data<T>());
    });
    record_once_differentiable("gradient of average_pool2d", {g[0]}, {dx});
    return Tensors{dx};
  });
  return y;
}

}  // namespace sepal::ops
