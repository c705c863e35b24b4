#include "sepal/ops/conv_nd.h"

#include "sepal/ops/conv3d.h"
#include "sepal/ops/conv_axes.h"
#include "sepal/ops/half.h"

namespace sepal::ops {

Tensor conv(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options) {
  const std::size_t axes = checked_spatial_axes("conv", {{"x", x}, {"kernel", kernel}}, options, 3);
  if (is_half(x.dtype())) {
    return in_float32([&](const auto&... wide) { return conv(wide..., options); }, x, kernel, bias);
  }
  if (axes == 3) return conv3d(x, kernel, bias, options);
  const Conv2DOptions plane = plane_options(options);
  if (axes == 2) return conv2d(x, kernel, bias, plane);
  return without_height(conv2d(with_height(x, plane.channels_first), kernel_with_height(kernel), bias, plane),
                        plane.channels_first);
}

Tensor depthwise_conv(const Tensor& x, const Tensor& kernel, const Tensor& bias, const ConvOptions& options) {
  const std::size_t axes = checked_spatial_axes("depthwise_conv", {{"x", x}, {"kernel", kernel}}, options, 2);
  const Conv2DOptions plane = plane_options(options);
  if (axes == 2) return depthwise_conv2d(x, kernel, bias, plane);
  return without_height(
      depthwise_conv2d(with_height(x, plane.channels_first), kernel_with_height(kernel), bias, plane),
      plane.channels_first);
}

Tensor separable_conv(const Tensor& x, const Tensor& depthwise_kernel, const Tensor& pointwise_kernel,
                      const Tensor& bias, const ConvOptions& options) {
  const std::size_t axes = checked_spatial_axes(
      "separable_conv",
      {{"x", x}, {"depthwise_kernel", depthwise_kernel}, {"pointwise_kernel", pointwise_kernel}}, options, 2);
  const Conv2DOptions plane = plane_options(options);
  if (axes == 2) return separable_conv2d(x, depthwise_kernel, pointwise_kernel, bias, plane);
  return without_height(
      separable_conv2d(with_height(x, plane.channels_first), kernel_with_height(depthwise_kernel),
                       kernel_with_height(pointwise_kernel), bias, plane),
      plane.channels_first);
}

}  // namespace sepal::ops
