#include "sepal/kernels/conv2d.h"

#include <algorithm>
#include <vector>

#include "sepal/base/parallel.h"
#include "sepal/kernels/gemm.h"
#include "sepal/kernels/image_strides.h"

namespace sepal::kernels {
namespace {

// A strip is some output rows of one image. Its patches, one row of (kernel_h, kernel_w, in_c / groups)
// values for each output pixel, turn the convolution into a matrix product. Strips are cut so that the
// patches stay in L2 and never exist for a whole image, but not below the pixels that it takes to pay for
// packing the kernel.
constexpr std::int64_t kPatchElements = 65536;
constexpr std::int64_t kLeastPixels = 192;

// Multiply-adds that are worth handing to a thread: about 10 microseconds.
constexpr std::int64_t kPartWork = 1 << 18;

// Partial sums of a kernel's gradient: each takes memory of the kernel's size.
constexpr std::int64_t kMostPartialSums = 16;

std::int64_t rows_of_strip(const Window2D& w, std::int64_t depth) {
  const std::int64_t pixels = std::max(kPatchElements / std::max<std::int64_t>(1, depth), kLeastPixels);
  return std::clamp(pixels / w.out_w, std::int64_t{1}, w.out_h);
}

struct Plan {
  explicit Plan(const Window2D& w)
      : group_in(w.in_c / w.groups),
        group_out(w.out_c / w.groups),
        depth(w.kernel_h * w.kernel_w * group_in),
        rows(rows_of_strip(w, depth)),
        strips(ceil_divide(w.out_h, rows)),
        strip_work(std::max<std::int64_t>(1, rows * w.out_w * depth * w.out_c)),
        in(image_strides(w.in_h, w.in_w, w.in_c, w.channels_first)),
        out(image_strides(w.out_h, w.out_w, w.out_c, w.channels_first)) {}

  std::int64_t group_in, group_out;  // channels of a group
  std::int64_t depth;                // values of a patch
  std::int64_t rows;                 // output rows of a strip
  std::int64_t strips;               // of an image
  std::int64_t strip_work;           // multiply-adds
  ImageStrides in, out;
};

struct Strip {
  std::int64_t image, first_row, rows;
};

Strip strip_of(const Window2D& window, const Plan& plan, std::int64_t index) {
  const std::int64_t first_row = index % plan.strips * plan.rows;
  return {index / plan.strips, first_row, std::min(plan.rows, window.out_h - first_row)};
}

// The patches of a strip as a matrix (pixels, depth). Contiguous is what is contiguous in the images: the
// channels of a pixel, or with channels_first the pixels.
template <class T>
StridedMatrix<T> patch_matrix(const Window2D& window, const Plan& plan, const Strip& strip, T* patches) {
  const std::int64_t pixels = strip.rows * window.out_w;
  return window.channels_first ? StridedMatrix<T>{patches, 1, pixels}
                               : StridedMatrix<T>{patches, plan.depth, 1};
}

// The outputs of a strip, or their gradients, as a matrix (pixels, channels of a group).
template <class T>
StridedMatrix<T> output_matrix(const Plan& plan, const Strip& strip, std::int64_t group, T* y) {
  return {y + plan.out.at(strip.image, strip.first_row, 0, group * plan.group_out), plan.out.w, plan.out.c};
}

// A group's kernel as a matrix (depth, channels of a group).
template <class T>
StridedMatrix<T> kernel_matrix(const Window2D& window, const Plan& plan, std::int64_t group, T* kernel) {
  return {kernel + group * plan.group_out, window.out_c, 1};
}

// Calls body(pixel, tap, element of the image or -1 outside) for every tap of every pixel of the strip; the
// element is that of the group's first channel.
template <class Body>
void for_taps(const Window2D& window, const Plan& plan, const Strip& strip, std::int64_t group,
              const Body& body) {
  for (std::int64_t row = 0; row < strip.rows; ++row) {
    for (std::int64_t tap = 0; tap < window.kernel_h * window.kernel_w; ++tap) {
      const std::int64_t y = (strip.first_row + row) * window.stride_h - window.pad_top +
                             tap / window.kernel_w * window.dilation_h;
      const std::int64_t x0 = tap % window.kernel_w * window.dilation_w - window.pad_left;
      for (std::int64_t col = 0; col < window.out_w; ++col) {
        const std::int64_t x = x0 + col * window.stride_w;
        const bool inside = y >= 0 && y < window.in_h && x >= 0 && x < window.in_w;
        body(row * window.out_w + col, tap,
             inside ? plan.in.at(strip.image, y, x, group * plan.group_in) : -1);
      }
    }
  }
}

template <class T>
void read_patches(const Window2D& window, const Plan& plan, const Strip& strip, std::int64_t group,
                  const T* x, const StridedMatrix<T>& patches) {
  for_taps(window, plan, strip, group, [&](std::int64_t pixel, std::int64_t tap, std::int64_t element) {
    T* out = patches.data + pixel * patches.row_stride + tap * plan.group_in * patches.col_stride;
    if (element < 0) {
      for (std::int64_t c = 0; c < plan.group_in; ++c) out[c * patches.col_stride] = T(0);
    } else if (patches.col_stride == 1 && plan.in.c == 1) {
      std::copy_n(x + element, plan.group_in, out);
    } else {
      for (std::int64_t c = 0; c < plan.group_in; ++c)
        out[c * patches.col_stride] = x[element + c * plan.in.c];
    }
  });
}

template <class T>
void add_patches(const Window2D& window, const Plan& plan, const Strip& strip, std::int64_t group,
                 const StridedMatrix<T>& patches, T* dx) {
  for_taps(window, plan, strip, group, [&](std::int64_t pixel, std::int64_t tap, std::int64_t element) {
    if (element < 0) return;
    const T* in = patches.data + pixel * patches.row_stride + tap * plan.group_in * patches.col_stride;
    for (std::int64_t c = 0; c < plan.group_in; ++c)
      dx[element + c * plan.in.c] += in[c * patches.col_stride];
  });
}

template <class T>
std::vector<T> patch_buffer(const Window2D& window, const Plan& plan) {
  return std::vector<T>(static_cast<std::size_t>(plan.rows * window.out_w * plan.depth));
}

}  // namespace

template <class T>
void conv2d(const Window2D& window, const T* x, const T* kernel, const T* bias, T* y) {
  const Plan plan(window);
  const auto convolve = [&](const Strip& strip, T* buffer) {
    const std::int64_t pixels = strip.rows * window.out_w;
    const StridedMatrix<T> patches = patch_matrix(window, plan, strip, buffer);
    for (std::int64_t group = 0; group < window.groups; ++group) {
      read_patches(window, plan, strip, group, x, patches);
      const StridedMatrix<T> out = output_matrix(plan, strip, group, y);
      for (std::int64_t pixel = 0; bias != nullptr && pixel < pixels; ++pixel) {
        for (std::int64_t c = 0; c < plan.group_out; ++c) {
          out.data[pixel * out.row_stride + c * out.col_stride] = bias[group * plan.group_out + c];
        }
      }
      gemm(GemmProblem<T>{pixels, plan.group_out, plan.depth, patches,
                          kernel_matrix(window, plan, group, kernel), out, bias != nullptr});
    }
  };
  parallel_for(window.batch * plan.strips, ceil_divide(kPartWork, plan.strip_work),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<T> buffer = patch_buffer<T>(window, plan);
                 for (std::int64_t i = begin; i < end; ++i)
                   convolve(strip_of(window, plan, i), buffer.data());
               });
}

template <class T>
void conv2d_backward_input(const Window2D& window, const T* dy, const T* kernel, T* dx) {
  const Plan plan(window);
  // The strips of an image overlap in dx: one thread adds them, in order.
  const auto differentiate = [&](std::int64_t image, T* buffer) {
    T* dx_image = dx + plan.in.at(image, 0, 0, 0);
    std::fill(dx_image, dx_image + window.in_h * window.in_w * window.in_c, T(0));
    for (std::int64_t i = image * plan.strips; i < (image + 1) * plan.strips; ++i) {
      const Strip strip = strip_of(window, plan, i);
      const StridedMatrix<T> patches = patch_matrix(window, plan, strip, buffer);
      for (std::int64_t group = 0; group < window.groups; ++group) {
        gemm(GemmProblem<T>{strip.rows * window.out_w, plan.depth, plan.group_out,
                            output_matrix(plan, strip, group, dy),
                            kernel_matrix(window, plan, group, kernel).transposed(), patches, false});
        add_patches(window, plan, strip, group, patches, dx);
      }
    }
  };
  parallel_for(window.batch, ceil_divide(kPartWork, plan.strip_work * plan.strips),
               [&](std::int64_t begin, std::int64_t end) {
                 std::vector<T> buffer = patch_buffer<T>(window, plan);
                 for (std::int64_t image = begin; image < end; ++image) differentiate(image, buffer.data());
               });
}

template <class T>
void conv2d_backward_kernel(const Window2D& window, const T* x, const T* dy, T* dkernel) {
  const Plan plan(window);
  const std::int64_t strips = window.batch * plan.strips;
  const std::int64_t parts = std::min(kMostPartialSums, ceil_divide(strips * plan.strip_work, kPartWork));
  const std::int64_t size = plan.depth * window.out_c;
  std::fill(dkernel, dkernel + size, T(0));
  std::vector<T> partial(static_cast<std::size_t>(parts * size));
  parallel_parts(parts, [&](std::int64_t part) {
    std::vector<T> buffer = patch_buffer<T>(window, plan);
    for (std::int64_t i = strips * part / parts; i < strips * (part + 1) / parts; ++i) {
      const Strip strip = strip_of(window, plan, i);
      const StridedMatrix<T> patches = patch_matrix(window, plan, strip, buffer.data());
      for (std::int64_t group = 0; group < window.groups; ++group) {
        read_patches(window, plan, strip, group, x, patches);
        gemm(GemmProblem<T>{plan.depth, plan.group_out, strip.rows * window.out_w, patches.transposed(),
                            output_matrix(plan, strip, group, dy),
                            kernel_matrix(window, plan, group, partial.data() + part * size), true});
      }
    }
  });
  for (std::int64_t part = 0; part < parts; ++part) {
    for (std::int64_t i = 0; i < size; ++i) dkernel[i] += partial[static_cast<std::size_t>(part * size + i)];
  }
}

template void conv2d(const Window2D&, const float*, const float*, const float*, float*);
template void conv2d(const Window2D&, const double*, const double*, const double*, double*);
template void conv2d_backward_input(const Window2D&, const float*, const float*, float*);
template void conv2d_backward_input(const Window2D&, const double*, const double*, double*);
template void conv2d_backward_kernel(const Window2D&, const float*, const float*, float*);
template void conv2d_backward_kernel(const Window2D&, const double*, const double*, double*);

}  // namespace sepal::kernels
