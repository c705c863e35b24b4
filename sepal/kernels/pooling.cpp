#include "sepal/kernels/pooling.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "sepal/kernels/pooling-inl.h"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/pooling-inl.h"
#include "sepal/kernels/thread_buffer.h"

namespace sepal::kernels {

HWY_EXPORT(pool_rows_f32);
HWY_EXPORT(pool_rows_f64);

namespace {

template <class T>
PoolRows<T> pool_rows();
template <>
PoolRows<float> pool_rows() {
  return HWY_DYNAMIC_DISPATCH(pool_rows_f32)();
}
template <>
PoolRows<double> pool_rows() {
  return HWY_DYNAMIC_DISPATCH(pool_rows_f64)();
}

/// The cells that each of an axis's windows covers.
std::vector<PoolRange> cells_of_windows(std::int64_t cells, std::int64_t windows, std::int64_t kernel,
                                        std::int64_t stride, std::int64_t pad) {
  std::vector<PoolRange> ranges;
  for (std::int64_t i = 0; i < windows; ++i) {
    const std::int64_t first = i * stride - pad;
    const std::int64_t begin = std::max<std::int64_t>(first, 0);
    ranges.push_back({begin, std::min(first + kernel, cells), begin - first});
  }
  return ranges;
}

/// The windows that cover each of an axis's cells.
std::vector<PoolRange> windows_of_cells(std::int64_t cells, std::int64_t windows, std::int64_t kernel,
                                        std::int64_t stride, std::int64_t pad) {
  std::vector<PoolRange> ranges;
  for (std::int64_t i = 0; i < cells; ++i) {
    const std::int64_t place = i + pad;  // counted from the first cell of window 0
    const std::int64_t begin = place < kernel ? 0 : (place - kernel) / stride + 1;
    ranges.push_back({begin, std::min(place / stride + 1, windows), place - begin * stride});
  }
  return ranges;
}

PoolPlan forward_plan(Window2D w) {
  if (w.channels_first) {  // a plane is an image of one channel
    w.batch *= w.in_c;
    w.in_c = w.out_c = 1;
    w.channels_first = false;
  }
  PoolPlan plan;
  plan.window = w;
  plan.cells_of_row = cells_of_windows(w.in_h, w.out_h, w.kernel_h, w.stride_h, w.pad_top);
  plan.cells_of_col = cells_of_windows(w.in_w, w.out_w, w.kernel_w, w.stride_w, w.pad_left);
  return plan;
}

PoolPlan gradient_plan(const Window2D& window) {
  PoolPlan plan = forward_plan(window);
  const Window2D& w = plan.window;
  plan.windows_of_row = windows_of_cells(w.in_h, w.out_h, w.kernel_h, w.stride_h, w.pad_top);
  plan.windows_of_col = windows_of_cells(w.in_w, w.out_w, w.kernel_w, w.stride_w, w.pad_left);
  return plan;
}

// Calls body(image, row) for all rows of all images.
template <class Body>
void for_rows(std::int64_t images, std::int64_t rows, std::int64_t row_elements, const Body& body) {
  constexpr std::int64_t kGrain = 1 << 14;  // elements worth a thread
  parallel_for(images * rows, kGrain / std::max<std::int64_t>(1, row_elements) + 1,
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) body(i / rows, i % rows);
               });
}

}  // namespace

template <class T>
void max_pool2d(const Window2D& window, const T* x, T* y, T* taps) {
  const PoolPlan plan = forward_plan(window);
  const Window2D& w = plan.window;
  const PoolRows<T> kernels = pool_rows<T>();
  for_rows(w.batch, w.out_h, w.out_w * w.out_c, [&](std::int64_t image, std::int64_t row) {
    const std::int64_t at = (image * w.out_h + row) * w.out_w * w.out_c;
    kernels.max(plan, x + image * w.in_h * w.in_w * w.in_c, row, y + at,
                taps == nullptr ? nullptr : taps + at);
  });
}

template <class T>
void max_pool2d_backward(const Window2D& window, const T* dy, const T* taps, T* dx) {
  const PoolPlan plan = gradient_plan(window);
  const Window2D& w = plan.window;
  const PoolRows<T> kernels = pool_rows<T>();
  for_rows(w.batch, w.in_h, w.in_w * w.in_c, [&](std::int64_t image, std::int64_t row) {
    const std::int64_t of_image = image * w.out_h * w.out_w * w.out_c;
    kernels.max_gradient(plan, dy + of_image, taps + of_image, row,
                         dx + (image * w.in_h + row) * w.in_w * w.in_c);
  });
}

template <class T>
void average_pool2d(const Window2D& window, const T* x, T* y) {
  const PoolPlan plan = forward_plan(window);
  const Window2D& w = plan.window;
  const PoolRows<T> kernels = pool_rows<T>();
  for_rows(w.batch, w.out_h, w.out_w * w.out_c, [&](std::int64_t image, std::int64_t row) {
    thread_local ThreadBuffer buffer;
    T* column_sums = buffer.reserve<T>(w.in_w * w.in_c);
    kernels.average(plan, x + image * w.in_h * w.in_w * w.in_c, row, column_sums,
                    y + (image * w.out_h + row) * w.out_w * w.out_c);
  });
}

template <class T>
void average_pool2d_backward(const Window2D& window, const T* dy, T* dx) {
  const PoolPlan plan = gradient_plan(window);
  const Window2D& w = plan.window;
  const PoolRows<T> kernels = pool_rows<T>();
  for_rows(w.batch, w.in_h, w.in_w * w.in_c, [&](std::int64_t image, std::int64_t row) {
    kernels.average_gradient(plan, dy + image * w.out_h * w.out_w * w.out_c, row,
                             dx + (image * w.in_h + row) * w.in_w * w.in_c);
  });
}

template void max_pool2d(const Window2D&, const float*, float*, float*);
template void max_pool2d(const Window2D&, const double*, double*, double*);
template void max_pool2d_backward(const Window2D&, const float*, const float*, float*);
template void max_pool2d_backward(const Window2D&, const double*, const double*, double*);
template void average_pool2d(const Window2D&, const float*, float*);
template void average_pool2d(const Window2D&, const double*, double*);
template void average_pool2d_backward(const Window2D&, const float*, float*);
template void average_pool2d_backward(const Window2D&, const double*, double*);

}  // namespace sepal::kernels
