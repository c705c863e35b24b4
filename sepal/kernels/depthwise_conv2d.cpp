#include "sepal/kernels/depthwise_conv2d.h"

#include "sepal/base/parallel.h"
#include "sepal/kernels/image_strides.h"

namespace sepal::kernels {
namespace {

/// dx of the input row (n, h): every output cell (oh, ow) that a tap (u, v) connects with it gives its share.
template <class T>
void input_gradient_row(const Window2D& g, const DepthwiseBackward<T>& a, std::int64_t n, std::int64_t h) {
  const ImageStrides in = input_strides(g), out = output_strides(g, g.in_c * g.depth_multiplier);
  for (std::int64_t w = 0; w < g.in_w; ++w) {
    for (std::int64_t c = 0; c < g.in_c; ++c) {
      double sum = 0;
      for (std::int64_t u = 0; u < g.kernel_h; ++u) {
        const std::int64_t up = h + g.pad_top - u * g.dilation_h;
        if (up < 0 || up % g.stride_h != 0 || up / g.stride_h >= g.out_h) continue;
        for (std::int64_t v = 0; v < g.kernel_w; ++v) {
          const std::int64_t left = w + g.pad_left - v * g.dilation_w;
          if (left < 0 || left % g.stride_w != 0 || left / g.stride_w >= g.out_w) continue;
          for (std::int64_t m = 0; m < g.depth_multiplier; ++m) {
            const std::int64_t k = c * g.depth_multiplier + m;
            const T weight = a.kernel[(u * g.kernel_w + v) * g.in_c * g.depth_multiplier + k];
            sum += static_cast<double>(weight) *
                   static_cast<double>(a.dy[out.at(n, up / g.stride_h, left / g.stride_w, k)]);
          }
        }
      }
      a.dx[in.at(n, h, w, c)] = static_cast<T>(sum);
    }
  }
}

/// The gradient of kernel cell (u, v, k / depth_multiplier, k % depth_multiplier).
template <class T>
T kernel_gradient_cell(const Window2D& g, const DepthwiseBackward<T>& a, std::int64_t u, std::int64_t v,
                       std::int64_t k) {
  const ImageStrides in = input_strides(g), out = output_strides(g, g.in_c * g.depth_multiplier);
  double sum = 0;
  for (std::int64_t n = 0; n < g.batch; ++n) {
    for (std::int64_t oh = 0; oh < g.out_h; ++oh) {
      const std::int64_t h = oh * g.stride_h - g.pad_top + u * g.dilation_h;
      if (h < 0 || h >= g.in_h) continue;
      for (std::int64_t ow = 0; ow < g.out_w; ++ow) {
        const std::int64_t w = ow * g.stride_w - g.pad_left + v * g.dilation_w;
        if (w < 0 || w >= g.in_w) continue;
        sum += static_cast<double>(a.x[in.at(n, h, w, k / g.depth_multiplier)]) *
               static_cast<double>(a.dy[out.at(n, oh, ow, k)]);
      }
    }
  }
  return static_cast<T>(sum);
}

}  // namespace

template <class T>
void depthwise_conv2d_reference(const Window2D& g, const DepthwiseForward<T>& a) {
  const ImageStrides in = input_strides(g), out = output_strides(g, g.in_c * g.depth_multiplier);
  const std::int64_t channels = g.in_c * g.depth_multiplier;
  parallel_parts(g.batch * g.out_h, [&](std::int64_t row) {
    const std::int64_t n = row / g.out_h, oh = row % g.out_h;
    for (std::int64_t ow = 0; ow < g.out_w; ++ow) {
      for (std::int64_t k = 0; k < channels; ++k) {
        double sum = a.bias != nullptr ? static_cast<double>(a.bias[k]) : 0.0;
        for (std::int64_t u = 0; u < g.kernel_h; ++u) {
          const std::int64_t h = oh * g.stride_h - g.pad_top + u * g.dilation_h;
          if (h < 0 || h >= g.in_h) continue;
          for (std::int64_t v = 0; v < g.kernel_w; ++v) {
            const std::int64_t w = ow * g.stride_w - g.pad_left + v * g.dilation_w;
            if (w < 0 || w >= g.in_w) continue;
            sum += static_cast<double>(a.x[in.at(n, h, w, k / g.depth_multiplier)]) *
                   static_cast<double>(a.kernel[(u * g.kernel_w + v) * channels + k]);
          }
        }
        a.y[out.at(n, oh, ow, k)] = static_cast<T>(sum);
      }
    }
  });
}

template <class T>
void depthwise_conv2d_backward_reference(const Window2D& g, const DepthwiseBackward<T>& a) {
  const std::int64_t channels = g.in_c * g.depth_multiplier;
  if (a.dx != nullptr) {
    parallel_parts(g.batch * g.in_h,
                   [&](std::int64_t row) { input_gradient_row(g, a, row / g.in_h, row % g.in_h); });
  }
  if (a.dkernel != nullptr) {
    parallel_for(g.kernel_h * g.kernel_w * channels, 1, [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t i = begin; i < end; ++i) {
        const std::int64_t tap = i / channels;
        a.dkernel[i] = kernel_gradient_cell(g, a, tap / g.kernel_w, tap % g.kernel_w, i % channels);
      }
    });
  }
  if (a.dbias != nullptr) {
    channel_sums_reference(g.batch, g.out_h * g.out_w, channels, g.channels_first, a.dy, a.dbias);
  }
}

template <class T>
void channel_sums_reference(std::int64_t batch, std::int64_t pixels, std::int64_t channels,
                            bool channels_first, const T* x, T* total) {
  const ImageStrides at = image_strides(1, pixels, channels, channels_first);
  parallel_for(channels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t c = begin; c < end; ++c) {
      double sum = 0;
      for (std::int64_t n = 0; n < batch; ++n) {
        for (std::int64_t p = 0; p < pixels; ++p) sum += static_cast<double>(x[at.at(n, 0, p, c)]);
      }
      total[c] = static_cast<T>(sum);
    }
  });
}

template void depthwise_conv2d_reference(const Window2D&, const DepthwiseForward<float>&);
template void depthwise_conv2d_reference(const Window2D&, const DepthwiseForward<double>&);
template void depthwise_conv2d_backward_reference(const Window2D&, const DepthwiseBackward<float>&);
template void depthwise_conv2d_backward_reference(const Window2D&, const DepthwiseBackward<double>&);
template void channel_sums_reference(std::int64_t, std::int64_t, std::int64_t, bool, const float*, float*);
template void channel_sums_reference(std::int64_t, std::int64_t, std::int64_t, bool, const double*, double*);

}  // namespace sepal::kernels
