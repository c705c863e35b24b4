#include "sepal/kernels/conv_slices.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/support/random_windows.h"

namespace sepal::kernels {
namespace {

using ::sepal::testing::random_window;
using ::sepal::testing::same_window;

Window2D images(std::int64_t batch, std::int64_t size, std::int64_t channels) {
  return same_window({.batch = batch,
                      .in_h = size,
                      .in_w = size,
                      .in_c = channels,
                      .out_c = channels,
                      .kernel_h = 3,
                      .kernel_w = 3});
}

TEST(ConvSlices, HoldWholeImagesWhereThereAreMany) {
  // 8 x 8 pixels, 9 taps, 4 x 4 channels: 9216 multiply-adds an image, so 11 images make 100000.
  const auto slices = cut_convolution(images(30, 8, 4), {1e5, 64});
  ASSERT_EQ(slices.size(), 3U);
  EXPECT_EQ(slices[0].window, images(11, 8, 4));
  EXPECT_EQ(slices[1].window, images(11, 8, 4));
  EXPECT_EQ(slices[2].window, images(8, 8, 4));
  EXPECT_EQ(slices[2].x_offset, 22 * 8 * 8 * 4);
  EXPECT_EQ(slices[2].y_offset, 22 * 8 * 8 * 4);
}

TEST(ConvSlices, AreNoMoreThanAsked) {
  EXPECT_EQ(cut_convolution(images(100, 32, 64), {1e5, 16}).size(), 15U);  // 7 images each
}

TEST(ConvSlices, HoldRowsOfAnImageThatIsAlone) {
  const Window2D window = images(1, 32, 64);
  const auto slices = cut_convolution(window, {1e5, 64});
  ASSERT_EQ(slices.size(), 8U);
  // Rows 0 to 3 read input rows -1 to 4, rows 4 to 7 read 3 to 8, rows 28 to 31 read 27 to 32.
  EXPECT_EQ(slices[0].window.in_h, 5);
  EXPECT_EQ(slices[0].window.pad_top, 1);
  EXPECT_EQ(slices[0].x_offset, 0);
  EXPECT_EQ(slices[1].window.in_h, 6);
  EXPECT_EQ(slices[1].window.pad_top, 0);
  EXPECT_EQ(slices[1].x_offset, 3 * 32 * 64);
  EXPECT_EQ(slices[1].y_offset, 4 * 32 * 64);
  EXPECT_EQ(slices[7].window.in_h, 5);
  EXPECT_EQ(slices[7].x_offset, 27 * 32 * 64);
  for (const ConvSlice& slice : slices) EXPECT_EQ(slice.window.out_h, 4);
}

TEST(ConvSlices, DoNotCutImagesThatMustStayWhole) {
  EXPECT_EQ(cut_convolution(images(1, 32, 64), {1e5, 64, false}).size(), 1U);
  Window2D planes = images(1, 32, 64);
  planes.channels_first = true;
  EXPECT_EQ(cut_convolution(planes, {1e5, 64}).size(), 1U);
}

TEST(ConvSlices, HoldFiltersOfASmallImage) {
  const Window2D window = images(1, 7, 200);
  const auto slices = cut_convolution(window, {1e5, 64, true, true});
  // 200 / 64 are three parts; a third of 200 in blocks of 16 is 80.
  ASSERT_EQ(slices.size(), 3U);
  EXPECT_EQ(slices[1].first_filter, 80);
  EXPECT_EQ(slices[1].y_offset, 80);
  EXPECT_EQ(slices[1].window.out_c, 80);
  EXPECT_EQ(slices[2].window.out_c, 40);
  for (const ConvSlice& slice : slices) EXPECT_EQ(slice.window.out_h, 7);
  Window2D planes = window;
  planes.channels_first = true;
  EXPECT_EQ(cut_convolution(planes, {1e5, 64, true, true})[1].y_offset, 80 * 7 * 7);
  // Enough rows: the kernel is small against the image.
  EXPECT_EQ(cut_convolution(images(1, 32, 200), {1e5, 64, true, true})[1].window.out_c, 200);
}

TEST(ConvSlices, TogetherAreTheWholeConvolution) {
  std::mt19937 random(7);
  for (int round = 0; round < 300; ++round) {
    Window2D window = random_window(random);
    window.channels_first = false;
    SCOPED_TRACE(testing::describe(window));
    std::int64_t next_y = 0;
    for (const ConvSlice& slice : cut_convolution(window, {100, 64})) {
      const Window2D& w = slice.window;
      EXPECT_EQ(slice.y_offset, next_y);
      next_y += w.batch * w.out_h * w.out_w * w.out_c;
      // The first tap of the slice's first pixel is where it is in the whole image, and each cell that the
      // whole image has for its last pixel's last tap is in the slice.
      const std::int64_t row_elements = window.out_w * window.out_c;
      const std::int64_t row = slice.y_offset / row_elements % window.out_h;
      const std::int64_t x_row = slice.x_offset / (window.in_w * window.in_c) % window.in_h;
      EXPECT_EQ(x_row - w.pad_top, row * window.stride_h - window.pad_top);
      const std::int64_t last =
          (row + w.out_h - 1) * window.stride_h - window.pad_top + (w.kernel_h - 1) * w.dilation_h;
      EXPECT_GE(x_row + w.in_h, std::min(last + 1, window.in_h));
      EXPECT_LE(x_row + w.in_h, window.in_h);
      EXPECT_GT(w.in_h, 0);
    }
    EXPECT_EQ(next_y, window.batch * window.out_h * window.out_w * window.out_c);
  }
}

}  // namespace
}  // namespace sepal::kernels
