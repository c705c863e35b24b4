// One, two and three spatial axes. The values are Keras 3.15's, on TensorFlow, or on torch where TensorFlow
// has no kernel (dilation in a transposed convolution, groups in three dimensions).
#include "sepal/ops/conv_nd.h"

#include <gtest/gtest.h>

#include <limits>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_error;
using testing::expect_gradients_match_finite_differences;
using testing::expect_same_bits;
using testing::expect_values;
using testing::ramp;
using testing::varied;

Tensor moved_to_front(const Tensor& x) {
  std::vector<int> order{0, x.rank() - 1};
  for (int i = 1; i < x.rank() - 1; ++i) order.push_back(i);
  return transpose(x, order);
}

TEST(Conv, PadsOnlyInFrontWhenCausal) {
  const Tensor kernel = Tensor::from<double>({1, 10}, {2, 1, 1});
  expect_values(conv(ramp({1, 5, 1}), kernel, Tensor(),
                     {.strides = {2}, .dilation_rate = {1}, .padding = Padding::causal}),
                {1, 3, 1}, {10, 32, 54});
  expect_values(conv(ramp({1, 5, 1}), kernel, Tensor(),
                     {.strides = {1}, .dilation_rate = {2}, .padding = Padding::causal}),
                {1, 5, 1}, {10, 20, 31, 42, 53});
}

TEST(Conv, ConvolvesVolumes) {
  const Tensor x = ramp({1, 3, 4, 3, 2});
  const Tensor kernel = add(ramp({2, 2, 2, 2, 2}), -16.0);
  expect_values(
      conv(x, kernel, Tensor(), {.strides = {1, 2, 1}, .dilation_rate = {1, 1, 1}}), {1, 2, 2, 2, 2},
      {1768, 2048, 1768, 2080, 1768, 2240, 1768, 2272, 1768, 2432, 1768, 2464, 1768, 2624, 1768, 2656});
  expect_values(
      conv(x, kernel, Tensor(), {.strides = {2, 1, 1}, .dilation_rate = {1, 1, 1}, .padding = Padding::same}),
      {1, 2, 4, 3, 2}, {1768,  2048,  1768,  2080,  540,   704,   1768,  2144,  1768,  2176,  444,   656,
                        1768,  2240,  1768,  2272,  348,   608,   -252,  8,     -316,  -40,   -466,  -324,
                        -3308, -2880, -3436, -2992, -2210, -1984, -3692, -3216, -3820, -3328, -2450, -2200,
                        -4076, -3552, -4204, -3664, -2690, -2416, -3278, -3004, -3374, -3092, -2001, -1858});
}

TEST(Conv, DilatesVolumesAndSplitsThemInGroups) {
  const Tensor x = ramp({1, 3, 4, 3, 2});
  expect_values(conv(x, add(ramp({2, 1, 2, 2, 2}), -8.0), Tensor(),
                     {.strides = {1, 1, 1}, .dilation_rate = {2, 1, 1}, .padding = Padding::same}),
                {1, 3, 4, 3, 2},
                {434,  540,  466,  580,  119,  178,  530,  660,  562,  700,  143,  214,  626,  780,  658,
                 820,  167,  250,  722,  900,  754,  940,  191,  286,  788,  1000, 788,  1016, 150,  268,
                 788,  1048, 788,  1064, 102,  244,  788,  1096, 788,  1112, 54,   220,  788,  1144, 788,
                 1160, 6,    196,  -414, -308, -446, -332, -353, -294, -510, -380, -542, -404, -425, -354,
                 -606, -452, -638, -476, -497, -414, -702, -524, -734, -548, -569, -474});
  expect_values(
      conv(x, add(ramp({2, 1, 2, 1, 2}), -4.0), Tensor(),
           {.strides = {2, 1, 1}, .dilation_rate = {1, 1, 1}, .padding = Padding::same, .groups = 2}),
      {1, 2, 4, 3, 2},
      {100,  160,  100,  168,  14,   48,   100,  184,  100,  192,  2,    48,   100,  208,  100,  216,
       -10,  48,   100,  232,  100,  240,  -22,  48,   -198, -100, -206, -104, -159, -108, -222, -112,
       -230, -116, -177, -120, -246, -124, -254, -128, -195, -132, -270, -136, -278, -140, -213, -144});
}

TEST(Conv, TakesChannelsInFront) {
  for (const Shape& shape : {Shape{2, 7, 4}, Shape{2, 5, 6, 4}, Shape{2, 3, 4, 5, 4}}) {
    const auto axes = static_cast<std::size_t>(shape.rank() - 2);
    Shape kernel_shape(std::vector<std::int64_t>(axes, 2));
    kernel_shape.push_back(4);
    kernel_shape.push_back(3);
    ConvOptions options{.strides = std::vector<std::int64_t>(axes, 2),
                        .dilation_rate = std::vector<std::int64_t>(axes, 1),
                        .padding = Padding::same};
    const Tensor x = testing::small_integers(shape);
    const Tensor kernel = testing::small_integers(kernel_shape, 1);
    const Tensor bias = testing::small_integers({3}, 2);
    const Tensor last = conv(x, kernel, bias, options);
    options.channels_first = true;
    expect_same_bits(conv(moved_to_front(x), kernel, bias, options), moved_to_front(last));

    kernel_shape[-2] = 3;
    kernel_shape[-1] = 4;
    const Tensor transposed_kernel = testing::small_integers(kernel_shape, 1);
    const Tensor first = conv_transpose(moved_to_front(x), transposed_kernel, bias, options);
    options.channels_first = false;
    expect_same_bits(first, moved_to_front(conv_transpose(x, transposed_kernel, bias, options)));
  }
}

TEST(Conv, IsDifferentiableOverOneAndThreeAxes) {
  expect_gradients_match_finite_differences(
      [](const Tensors& in) {
        return conv(in[0], in[1], in[2],
                    {.strides = {2}, .dilation_rate = {1}, .padding = Padding::causal, .groups = 2});
      },
      {varied({2, 5, 4}), varied({3, 2, 2}, 1), varied({2}, 2)});
  expect_gradients_match_finite_differences(
      [](const Tensors& in) {
        return conv(in[0], in[1], in[2],
                    {.strides = {2, 1, 1},
                     .dilation_rate = {1, 1, 1},
                     .padding = Padding::same,
                     .channels_first = true});
      },
      {varied({1, 2, 3, 2, 3}), varied({2, 2, 1, 2, 2}, 1), varied({2}, 2)});
}

TEST(ConvTranspose, AddsAWindowForEachElement) {
  expect_values(conv_transpose(ramp({1, 3, 2}), add(ramp({3, 2, 2}), -6.0), Tensor(),
                               {.strides = {2}, .dilation_rate = {1}}),
                {1, 7, 2}, {-13, -7, -1, 5, -20, 0, -3, 11, -24, 12, -5, 17, 39, 61});
  expect_values(conv_transpose(ramp({1, 2, 2, 2, 1}), add(ramp({3, 2, 2, 2, 1}), -12.0), Tensor(),
                               {.strides = {2, 1, 1}, .dilation_rate = {1, 1, 1}}),
                {1, 5, 3, 3, 2},
                {-11, -10, -31, -28, -18, -16, -40, -36, -90,  -80,  -46, -40, -21, -18, -43, -36, -20, -16,
                 -3,  -2,  -7,  -4,  -2,  0,   -8,  -4,  -10,  0,    2,   8,   3,   6,   13,  20,  12,  16,
                 -50, -44, -94, -80, -40, -32, -88, -72, -148, -112, -52, -32, -22, -12, -22, 0,   4,   16,
                 -15, -10, -23, -12, -6,  0,   -16, -4,  -10,  16,   10,  24,  7,   14,  29,  44,  24,  32,
                 25,  30,  65,  76,  42,  48,  80,  92,  198,  224,  122, 136, 63,  70,  149, 164, 88,  96});
}

TEST(ConvTranspose, TakesAnOutputPadding) {
  const ConvOptions line{.strides = {2}, .dilation_rate = {1}, .padding = Padding::same};
  expect_values(conv_transpose(ramp({1, 3, 2}), add(ramp({3, 2, 2}), -6.0), Tensor(), line,
                               std::vector<std::int64_t>{0}),
                {1, 5, 2}, {-1, 5, -20, 0, -3, 11, -24, 12, -5, 17});
  const ConvOptions volume{.strides = {2, 2, 2}, .dilation_rate = {1, 1, 1}, .padding = Padding::same};
  const Tensor x = ramp({1, 2, 2, 2, 1});
  const Tensor kernel = add(ramp({3, 2, 3, 1, 1}), -9.0);
  expect_values(conv_transpose(x, kernel, Tensor(), volume), {1, 4, 4, 4, 1},
                {-8,  -7,  -22, -14, -5,  -4,  -13, -8, -24, -21, -50, -28, -15, -12, -29, -16,
                 -2,  -1,  -4,  -2,  1,   2,   5,   4,  -6,  -3,  -8,  -4,  3,   6,   13,  8,
                 -36, -30, -64, -32, -18, -12, -22, -8, -44, -34, -72, -36, -14, -4,  -6,  0,
                 -10, -5,  -12, -6,  5,   10,  21,  12, -14, -7,  -16, -8,  7,   14,  29,  16});
  expect_values(conv_transpose(x, kernel, Tensor(), volume, std::vector<std::int64_t>{1, 1, 0}),
                {1, 4, 3, 3, 1},
                {-7,  -22, -14, -4,  -13, -8, -21, -50, -28, -1, -4,  -2, 2,  5,  4,  -3, -8,  -4,
                 -30, -64, -32, -12, -22, -8, -34, -72, -36, -5, -12, -6, 10, 21, 12, -7, -16, -8});
}

TEST(ConvTranspose, Dilates) {
  const ConvOptions same{.strides = {1}, .dilation_rate = {2}, .padding = Padding::same};
  const ConvOptions valid{.strides = {1}, .dilation_rate = {2}};
  const Tensor kernel = add(ramp({3, 2, 2}), -6.0);
  expect_values(conv_transpose(ramp({1, 3, 2}), kernel, Tensor(), same), {1, 3, 2},
                {-50, -22, -3, 11, 6, 34});
  expect_values(conv_transpose(ramp({1, 3, 2}), kernel, Tensor(), valid), {1, 7, 2},
                {-13, -7, -31, -17, -50, -22, -3, 11, 6, 34, 25, 39, 39, 61});
}

TEST(ConvTranspose, IsDifferentiableTwice) {
  const auto f = [](const Tensors& in) {
    return conv_transpose(in[0], in[1], in[2],
                          {.strides = {2, 1}, .dilation_rate = {1, 1}, .padding = Padding::same});
  };
  const Tensors inputs{varied({1, 2, 3, 2}), varied({3, 2, 3, 2}, 1), varied({3}, 2)};
  expect_gradients_match_finite_differences(f, inputs);
  testing::expect_second_derivatives_match_finite_differences(f, inputs);
  expect_gradients_match_finite_differences(
      [](const Tensors& in) {
        return conv_transpose(in[0], in[1], in[2],
                              {.strides = {2, 1, 1}, .dilation_rate = {1, 1, 1}, .channels_first = true});
      },
      {varied({1, 2, 2, 2, 2}), varied({3, 2, 1, 2, 2}, 1), varied({2}, 2)});
}

TEST(ConvNd, RefusesWhatDoesNotFit) {
  const Tensor line = ramp({1, 5, 2});
  const ConvOptions one{.strides = {1}, .dilation_rate = {1}};
  expect_error<ValueError>([&] { conv(line, ramp({2, 2, 2, 2}), Tensor(), one); }, {"`kernel`", "rank 3"});
  expect_error<ValueError>(
      [&] {
        conv(line, ramp({2, 2, 2}), Tensor(), {.strides = {1}});
      },
      {"`dilation_rate`", "1 and 0"});
  expect_error<ValueError>(
      [&] {
        conv_transpose(line, ramp({2, 2, 3}), Tensor(), one);
      },
      {"`kernel`", "channels 2"});
  expect_error<ValueError>(
      [&] {
        conv_transpose(line, ramp({2, 2, 2}), Tensor(), one, std::vector<std::int64_t>{-1});
      },
      {"`output_padding`", "(-1)"});
  const Tensor volume = ramp({1, 2, 2, 2, 2});
  const ConvOptions three{.strides = {1, 1, 1}, .dilation_rate = {1, 1, 1}};
  expect_error<ValueError>([&] { conv(volume, ramp({1, 1, 1, 3, 2}), Tensor(), three); }, {"input channels"});
  expect_error<ValueError>(
      [&] {
        conv(volume, ramp({3, 1, 1, 2, 2}), Tensor(), three);
      },
      {"zero or negative"});
  expect_error<ValueError>(
      [&] {
        conv(volume, ramp({1, 1, 1, 2, 2}), Tensor(), {.strides = {0, 1, 1}, .dilation_rate = {1, 1, 1}});
      },
      {"strictly positive"});
}

TEST(ConvNd, RefusesLengthsBeyond63Bits) {
  constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();
  expect_error<ValueError>(
      [&] { (void)transposed_output_length(3, 2, Padding::valid, kHuge, 1, std::nullopt); }, {"63 bits"});
  expect_error<ValueError>([&] { (void)transposed_output_length(1, 2, Padding::valid, 1, 1, kHuge); },
                           {"63 bits"});
}

}  // namespace
}  // namespace sepal::ops
