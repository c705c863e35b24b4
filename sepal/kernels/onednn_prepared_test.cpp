#include <gtest/gtest.h>

#include <vector>

#include "sepal/kernels/conv2d.h"
#include "sepal/kernels/onednn.h"

namespace sepal::kernels::onednn {
namespace {

std::vector<float> numbers(std::int64_t count) {
  std::vector<float> values;
  for (std::int64_t i = 0; i < count; ++i) values.push_back(static_cast<float>((i * 37) % 19 - 9) / 8.0F);
  return values;
}

Window2D window_of(std::int64_t batch, std::int64_t size, std::int64_t in_c, std::int64_t out_c,
                   std::int64_t groups) {
  Window2D window;
  window.batch = batch;
  window.in_h = window.in_w = window.out_h = window.out_w = size;
  window.kernel_h = window.kernel_w = 3;
  window.pad_top = window.pad_left = 1;
  window.in_c = in_c;
  window.out_c = out_c;
  window.groups = groups;
  return window;
}

Window2D with_channels_first(Window2D window) {
  window.channels_first = true;
  return window;
}

TEST(PreparedConv2D, HasTheBitsOfConv2D) {
  // One slice and several, of images, rows and filters; plain channels and those that oneDNN puts into
  // blocks.
  const Window2D cut_by_filters = window_of(1, 7, 64, 150, 1), two_images = window_of(2, 9, 40, 333, 1);
  for (const Window2D& window :
       {window_of(1, 7, 3, 8, 1), window_of(4, 30, 32, 48, 1), window_of(3, 17, 6, 9, 3),
        window_of(1, 65, 16, 20, 1), cut_by_filters, with_channels_first(cut_by_filters), two_images,
        with_channels_first(two_images)}) {
    const std::int64_t pixels = window.batch * window.in_h * window.in_w;
    const std::vector<float> x = numbers(pixels * window.in_c);
    const std::vector<float> kernel = numbers(9 * window.in_c / window.groups * window.out_c);
    const std::vector<float> bias = numbers(window.out_c);
    for (const float* maybe_bias : {bias.data(), static_cast<const float*>(nullptr)}) {
      if (!conv2d_refusal(window, maybe_bias != nullptr).empty()) GTEST_SKIP() << "oneDNN refuses";
      std::vector<float> want(static_cast<std::size_t>(pixels * window.out_c));
      std::vector<float> got(want.size());
      conv2d(window, x.data(), kernel.data(), maybe_bias, want.data());
      // Sums of few eighths squared are exact in any order.
      kernels::conv2d<float>(window, x.data(), kernel.data(), maybe_bias, got.data());
      EXPECT_EQ(got, want);
      const PreparedConv2D prepared(window, kernel.data(), maybe_bias);
      for (int call = 0; call < 2; ++call) {
        prepared.run(x.data(), got.data());
        EXPECT_EQ(got, want);
      }
    }
  }
}

}  // namespace
}  // namespace sepal::kernels::onednn
