#include "sepal/ops/conv_geometry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/ops/operands.h"

namespace sepal::ops {
namespace {

using ::testing::HasSubstr;
using ::testing::ThrowsMessage;

TEST(ConvGeometry, ReadsPaddingNames) {
  EXPECT_EQ(padding_from_name("valid"), Padding::valid);
  EXPECT_EQ(padding_from_name("same"), Padding::same);
  EXPECT_EQ(padding_from_name("causal"), Padding::causal);
  EXPECT_THAT([] { padding_from_name("full"); }, ThrowsMessage<ValueError>(HasSubstr("full")));
}

TEST(ConvGeometry, GivesKerasOutputLengths) {
  EXPECT_EQ(window_output_length(7, 3, Padding::valid, 1, 1), 5);
  EXPECT_EQ(window_output_length(7, 3, Padding::valid, 2, 1), 3);
  EXPECT_EQ(window_output_length(7, 3, Padding::valid, 1, 2), 3);
  EXPECT_EQ(window_output_length(7, 3, Padding::same, 2, 1), 4);
  EXPECT_EQ(window_output_length(8, 3, Padding::same, 3, 2), 3);
  EXPECT_EQ(window_output_length(kNone, 3, Padding::same, 2, 1), kNone);
}

TEST(ConvGeometry, GivesNoPositiveLengthToAWindowLargerThanTheImage) {
  EXPECT_EQ(window_output_length(3, 4, Padding::valid, 1, 1), 0);
  EXPECT_EQ(window_output_length(3, 5, Padding::valid, 1, 1), -1);
  EXPECT_EQ(window_output_length(3, 4, Padding::valid, 2, 1), 0);
  EXPECT_EQ(window_output_length(3, 4, Padding::valid, 5, 1), 0);
}

TEST(ConvGeometry, PadsTheEndFirstWhenSame) {
  EXPECT_EQ(window_padding_before(28, 3, Padding::same, 1, 1), 1);
  EXPECT_EQ(window_padding_before(28, 3, Padding::same, 2, 1), 0);  // one cell in total: after
  EXPECT_EQ(window_padding_before(7, 3, Padding::same, 2, 1), 1);
  EXPECT_EQ(window_padding_before(28, 4, Padding::same, 1, 1), 1);  // three: one before, two after
  EXPECT_EQ(window_padding_before(10, 3, Padding::same, 1, 2), 2);
  EXPECT_EQ(window_padding_before(28, 1, Padding::same, 3, 1), 0);  // a stride beyond the window: no padding
  EXPECT_EQ(window_padding_before(28, 3, Padding::valid, 1, 1), 0);
}

TEST(ConvGeometry, FillsTheWindowOfBothFormats) {
  Conv2DOptions options{.stride_h = 2, .stride_w = 1, .dilation_w = 2, .padding = Padding::same, .groups = 2};
  const kernels::Window2D last = conv_window({5, 7, 9, 4}, 3, 3, 6, options);
  const kernels::Window2D want{.batch = 5,
                               .in_h = 7,
                               .in_w = 9,
                               .in_c = 4,
                               .out_h = 4,
                               .out_w = 9,
                               .out_c = 6,
                               .kernel_h = 3,
                               .kernel_w = 3,
                               .stride_h = 2,
                               .stride_w = 1,
                               .dilation_h = 1,
                               .dilation_w = 2,
                               .pad_top = 1,
                               .pad_left = 2,
                               .groups = 2};
  EXPECT_TRUE(last == want) << describe(last);
  EXPECT_EQ(input_shape(last), (Shape{5, 7, 9, 4}));
  EXPECT_EQ(output_shape(last), (Shape{5, 4, 9, 6}));

  options.channels_first = true;
  kernels::Window2D first = conv_window({5, 4, 7, 9}, 3, 3, 6, options);
  EXPECT_EQ(input_shape(first), (Shape{5, 4, 7, 9}));
  EXPECT_EQ(output_shape(first), (Shape{5, 6, 4, 9}));
  first.channels_first = false;
  EXPECT_TRUE(first == want);
}

TEST(ConvGeometry, RefusesWhatHasNoOutput) {
  EXPECT_THAT(
      [] {
        conv_window({1, 3, 3, 2}, 5, 5, 2, {});
      },
      ThrowsMessage<ValueError>(AllOf(HasSubstr("Computed output size would be zero or negative."),
                                      HasSubstr("inputs shape=(1, 3, 3, 2)"),
                                      HasSubstr("kernel shape=(5, 5, 2, 2)"))));
  EXPECT_THAT(
      [] {
        conv_window({1, 4, 4, 2}, 3, 3, 2, {.dilation_h = 2, .dilation_w = 2});
      },
      ThrowsMessage<ValueError>(HasSubstr("dilation_rate=(2, 2)")));
  EXPECT_THROW(conv_window({1, 0, 4, 2}, 1, 1, 2, {.padding = Padding::same}), ValueError);
}

TEST(ConvGeometry, RefusesOtherRanksAndLengthsBelowOne) {
  EXPECT_THAT([] { conv_window({3, 3, 2}, 1, 1, 2, {}); }, ThrowsMessage<ValueError>(HasSubstr("(3, 3, 2)")));
  EXPECT_THAT(
      [] {
        conv_window({1, 3, 3, 2}, 0, 1, 2, {});
      },
      ThrowsMessage<ValueError>(HasSubstr("kernel_size=(0, 1)")));
  EXPECT_THAT(
      [] {
        conv_window({1, 3, 3, 2}, 1, 1, 2, {.stride_w = 0});
      },
      ThrowsMessage<ValueError>(HasSubstr("strides=(1, 0)")));
  EXPECT_THAT(
      [] {
        conv_window({1, 3, 3, 2}, 1, 1, 2, {.dilation_h = -1});
      },
      ThrowsMessage<ValueError>(HasSubstr("dilation_rate=(-1, 1)")));
}

TEST(ConvGeometry, RefusesABiasOfAnotherLength) {
  expect_bias_shape("conv2d", Tensor(), 3);
  expect_bias_shape("conv2d", Tensor::zeros({3}), 3);
  EXPECT_THAT([] { expect_bias_shape("conv2d", Tensor::zeros({4}), 3); },
              ThrowsMessage<ValueError>(AllOf(HasSubstr("(3,)"), HasSubstr("(4,)"))));
}

TEST(Operands, HaveOneComputableDType) {
  const Tensor single = Tensor::zeros({1});
  const Tensor twice = Tensor::zeros({1}, DType::float64);
  const Tensor integer = Tensor::zeros({1}, DType::int32);
  const Tensor none;
  expect_one_computable_dtype("f", {{"x", single}, {"bias", none}});
  EXPECT_THAT(
      [&] {
        expect_one_computable_dtype("f", {{"x", single}, {"kernel", twice}});
      },
      ThrowsMessage<TypeError>(AllOf(HasSubstr("kernel"), HasSubstr("float64"))));
  EXPECT_THAT(
      [&] {
        expect_one_computable_dtype("f", {{"x", integer}});
      },
      ThrowsMessage<TypeError>(HasSubstr("int32")));
  EXPECT_THAT(
      [&] {
        expect_one_computable_dtype("f", {{"x", none}});
      },
      ThrowsMessage<ValueError>(HasSubstr("`x`")));
}

}  // namespace
}  // namespace sepal::ops
