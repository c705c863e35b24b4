#include "sepal/kernels/separable_conv2d.h"

#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/depthwise_conv2d.h"
#include "sepal/kernels/image_strides.h"

namespace sepal::kernels {
namespace {

/// The product over channels that follows (or precedes, backwards) the depthwise step. `wide` has k channels,
/// `out` has f; both have the same pixels.
struct Pointwise {
  explicit Pointwise(const Window2D& g)
      : pixels(g.out_h * g.out_w),
        k(g.in_c * g.depth_multiplier),
        f(g.out_c),
        wide(image_strides(1, pixels, k, g.channels_first)),
        out(image_strides(1, pixels, f, g.channels_first)) {}

  std::int64_t pixels, k, f;
  ImageStrides wide, out;
};

template <class T>
std::vector<T> depthwise_output(const Window2D& g, const T* x, const T* depthwise) {
  std::vector<T> d(static_cast<std::size_t>(g.batch * g.out_h * g.out_w * g.in_c * g.depth_multiplier));
  depthwise_conv2d_reference<T>(g, {.x = x, .kernel = depthwise, .bias = nullptr, .y = d.data()});
  return d;
}

/// dP[k][f] = sum of d[k] * dY[f] over all pixels.
template <class T>
void pointwise_kernel_gradient(const Window2D& g, const SeparableBackward<T>& a) {
  const std::vector<T> d = depthwise_output(g, a.x, a.depthwise);
  const Pointwise s(g);
  parallel_for(s.k * s.f, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      double sum = 0;
      for (std::int64_t n = 0; n < g.batch; ++n) {
        for (std::int64_t p = 0; p < s.pixels; ++p) {
          sum += static_cast<double>(d[static_cast<std::size_t>(s.wide.at(n, 0, p, i / s.f))]) *
                 static_cast<double>(a.dy[s.out.at(n, 0, p, i % s.f)]);
        }
      }
      a.dpointwise[i] = static_cast<T>(sum);
    }
  });
}

/// G = dY * P transposed: the gradient of the depthwise output.
template <class T>
std::vector<T> depthwise_output_gradient(const Window2D& g, const SeparableBackward<T>& a) {
  const Pointwise s(g);
  std::vector<T> gradient(static_cast<std::size_t>(g.batch * s.pixels * s.k));
  parallel_for(g.batch * s.pixels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t n = i / s.pixels, p = i % s.pixels;
      for (std::int64_t k = 0; k < s.k; ++k) {
        double sum = 0;
        for (std::int64_t f = 0; f < s.f; ++f) {
          sum +=
              static_cast<double>(a.pointwise[k * s.f + f]) * static_cast<double>(a.dy[s.out.at(n, 0, p, f)]);
        }
        gradient[static_cast<std::size_t>(s.wide.at(n, 0, p, k))] = static_cast<T>(sum);
      }
    }
  });
  return gradient;
}

}  // namespace

template <class T>
void separable_conv2d_reference(const Window2D& g, const SeparableForward<T>& a) {
  const std::vector<T> d = depthwise_output(g, a.x, a.depthwise);
  const Pointwise s(g);
  parallel_for(g.batch * s.pixels, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t n = i / s.pixels, p = i % s.pixels;
      for (std::int64_t f = 0; f < s.f; ++f) {
        double sum = a.bias != nullptr ? static_cast<double>(a.bias[f]) : 0.0;
        for (std::int64_t k = 0; k < s.k; ++k) {
          sum += static_cast<double>(d[static_cast<std::size_t>(s.wide.at(n, 0, p, k))]) *
                 static_cast<double>(a.pointwise[k * s.f + f]);
        }
        a.y[s.out.at(n, 0, p, f)] = static_cast<T>(sum);
      }
    }
  });
}

template <class T>
void separable_conv2d_backward_reference(const Window2D& g, const SeparableBackward<T>& a) {
  if (a.dpointwise != nullptr) pointwise_kernel_gradient(g, a);
  if (a.dbias != nullptr) {
    channel_sums_reference(g.batch, g.out_h * g.out_w, g.out_c, g.channels_first, a.dy, a.dbias);
  }
  if (a.dx != nullptr || a.ddepthwise != nullptr) {
    const std::vector<T> gradient = depthwise_output_gradient(g, a);
    depthwise_conv2d_backward_reference<T>(g, {.x = a.x,
                                               .kernel = a.depthwise,
                                               .dy = gradient.data(),
                                               .dx = a.dx,
                                               .dkernel = a.ddepthwise,
                                               .dbias = nullptr});
  }
}

template void separable_conv2d_reference(const Window2D&, const SeparableForward<float>&);
template void separable_conv2d_reference(const Window2D&, const SeparableForward<double>&);
template void separable_conv2d_backward_reference(const Window2D&, const SeparableBackward<float>&);
template void separable_conv2d_backward_reference(const Window2D&, const SeparableBackward<double>&);

}  // namespace sepal::kernels
