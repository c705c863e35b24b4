#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/parallel.h"
#include "sepal/ops/conv.h"
#include "sepal/ops/implementations.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_same_bits;
using testing::expect_values;
using testing::ramp;
using testing::varied;
using Numbers = std::vector<double>;

Conv2DOptions same(Conv2DOptions options = {}) {
  options.padding = Padding::same;
  return options;
}

/// A case computed by hand (or by a program of a few lines that shares nothing with this library).
struct Case {
  const char* what;
  Tensor x, depthwise, pointwise, bias;
  Conv2DOptions options;
  Shape shape;
  Numbers want;
};

Tensor numbers(const Shape& shape, const Numbers& values) { return Tensor::from(values, shape); }

Tensor identity_pointwise() { return Tensor::ones({1, 1, 1, 1}, DType::float64); }
Tensor two_by_two() { return ramp({2, 2, 1, 1}); }
Tensor ones(std::int64_t h, std::int64_t w) { return Tensor::ones({h, w, 1, 1}, DType::float64); }
Tensor image(std::int64_t h, std::int64_t w) { return ramp({1, h, w, 1}); }

Case one_channel(const char* what, Tensor x, Tensor depthwise, Conv2DOptions options, std::int64_t h,
                 std::int64_t w, Numbers want) {
  return {what, x, depthwise, identity_pointwise(), {}, options, {x.shape()[0], h, w, 1}, want};
}

std::vector<Case> cases() {
  const Tensor n9x = numbers({1, 2, 2, 2}, {1, 10, 2, 20, 3, 30, 4, 40});
  const Tensor n9d = numbers({1, 1, 2, 2}, {1, 2, 3, 4});
  const Tensor n9p = numbers({1, 1, 4, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1});
  const Tensor n9b = numbers({3}, {100, 200, 300});
  const Tensor half = numbers({2}, {0.5, -0.5});
  const Tensor d4 = ramp({2, 2, 2, 2}), p4 = ramp({1, 1, 4, 2});
  return {
      one_channel("valid", image(3, 3), two_by_two(), {}, 2, 2, {37, 47, 67, 77}),
      one_channel("same pads the end", image(3, 3), two_by_two(), same(), 3, 3,
                  {37, 47, 21, 67, 77, 33, 23, 26, 9}),
      one_channel("even length, stride 2, same", image(4, 4), ones(3, 3),
                  same({.stride_h = 2, .stride_w = 2}), 2, 2, {54, 45, 72, 54}),
      one_channel("odd length, stride 2, same", image(5, 5), ones(3, 3), same({.stride_h = 2, .stride_w = 2}),
                  3, 3, {16, 33, 28, 69, 117, 87, 76, 123, 88}),
      one_channel("even kernel, stride 2, same", image(5, 5), two_by_two(),
                  same({.stride_h = 2, .stride_w = 2}), 3, 3, {51, 71, 35, 151, 171, 75, 65, 71, 25}),
      one_channel("dilation 2, valid", image(5, 5), ones(3, 3), {.dilation_h = 2, .dilation_w = 2}, 1, 1,
                  {117}),
      one_channel("dilation 2, same", image(5, 5), ones(3, 3), same({.dilation_h = 2, .dilation_w = 2}), 5, 5,
                  {28, 32, 48, 32, 36, 48, 52, 78, 52, 56,  72, 78, 117,
                   78, 84, 48, 52, 78, 52, 56, 68, 72, 108, 72, 76}),
      one_channel("even kernel, dilation 2, same", image(3, 3), two_by_two(),
                  same({.dilation_h = 2, .dilation_w = 2}), 3, 3, {20, 36, 15, 36, 64, 26, 10, 16, 5}),
      one_channel("even kernel, dilation 3, same", image(4, 4), two_by_two(),
                  same({.dilation_h = 3, .dilation_w = 3}), 4, 4,
                  {44, 75, 30, 33, 66, 112, 44, 48, 14, 21, 6, 7, 22, 33, 10, 11}),
      {"depth multiplier",
       n9x,
       n9d,
       n9p,
       n9b,
       {},
       {1, 2, 2, 3},
       {141, 242, 370, 182, 284, 440, 223, 326, 510, 264, 368, 580}},
      {"channels mix",
       ramp({1, 3, 3, 2}),
       d4,
       p4,
       half,
       {},
       {1, 2, 2, 2},
       {4276.5, 5255.5, 5444.5, 6695.5, 7780.5, 9575.5, 8948.5, 11015.5}},
      {"channels mix, stride 2, same",
       ramp({1, 3, 3, 2}),
       d4,
       p4,
       half,
       same({.stride_h = 2, .stride_w = 2}),
       {1, 2, 2, 2},
       {4276.5, 5255.5, 2390.5, 2931.5, 2494.5, 3035.5, 893.5, 1069.5}},
      {"channels first",
       numbers({1, 2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40}),
       n9d,
       n9p,
       n9b,
       {.channels_first = true},
       {1, 3, 2, 2},
       {141, 182, 223, 264, 242, 284, 326, 368, 370, 440, 510, 580}},
      {"channels first, mixed",
       ramp({1, 2, 3, 3}),
       d4,
       p4,
       half,
       {.channels_first = true},
       {1, 2, 2, 2},
       {6340.5, 6924.5, 8092.5, 8676.5, 7543.5, 8263.5, 9703.5, 10423.5}},
      {"channels first, stride 2, same",
       ramp({1, 2, 3, 3}),
       d4,
       p4,
       half,
       same({.stride_h = 2, .stride_w = 2, .channels_first = true}),
       {1, 2, 2, 2},
       {6340.5, 2856.5, 2468.5, 837.5, 7543.5, 3407.5, 2943.5, 989.5}},
      one_channel("kernel of one cell, stride 2", image(4, 4), ones(1, 1),
                  same({.stride_h = 2, .stride_w = 2}), 2, 2, {1, 3, 9, 11}),
      one_channel("stride above the kernel", image(5, 5), ones(1, 1), {.stride_h = 3, .stride_w = 3}, 2, 2,
                  {1, 4, 16, 19}),
      one_channel("flat kernel", image(2, 4), ramp({1, 3, 1, 1}), {}, 2, 2, {14, 20, 38, 44}),
      one_channel("tall kernel, same", image(3, 2), numbers({2, 1, 1, 1}, {1, 10}), same(), 3, 2,
                  {31, 42, 53, 64, 5, 6}),
      one_channel("strides 1, 2", image(3, 4), two_by_two(), {.stride_w = 2}, 2, 2, {44, 64, 84, 104}),
      one_channel("strides 2, 1, same", image(3, 3), ones(3, 3), same({.stride_h = 2}), 2, 3,
                  {12, 21, 16, 24, 39, 28}),
      one_channel("stride and dilation", image(5, 5), two_by_two(),
                  {.stride_h = 2, .stride_w = 2, .dilation_h = 2, .dilation_w = 2}, 2, 2,
                  {92, 112, 192, 212}),
      one_channel("stride and dilation, same", image(5, 5), two_by_two(),
                  same({.stride_h = 2, .stride_w = 2, .dilation_h = 2, .dilation_w = 2}), 3, 3,
                  {28, 57, 27, 82, 152, 66, 34, 55, 19}),
      one_channel("dilation 2, 1", image(3, 3), two_by_two(), {.dilation_h = 2}, 1, 2, {58, 68}),
      one_channel("two images", ramp({2, 2, 2, 1}), two_by_two(), {}, 1, 1, {30, 70}),
  };
}

Tensor as(const Tensor& tensor, DType dtype) { return tensor.defined() ? tensor.astype(dtype) : tensor; }

TEST(SeparableConv2D, GivesTheNumbersOfHandArithmeticInBothPrecisions) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    for (const Case& c : cases()) {
      SCOPED_TRACE(c.what);
      const Tensor y = separable_conv2d(as(c.x, dtype), as(c.depthwise, dtype), as(c.pointwise, dtype),
                                        as(c.bias, dtype), c.options);
      expect_values(y, c.shape, c.want, 0, 0);
    }
  }
}

struct GradientCase {
  const char* what;
  Case forward;
  Numbers dy, dx, ddepthwise, dpointwise, dbias;
};

std::vector<GradientCase> gradient_cases() {
  const Tensor zero = Tensor::zeros({1}, DType::float64);
  return {
      {"channels mix",
       {"",
        ramp({1, 3, 3, 2}),
        ramp({2, 2, 2, 2}),
        ramp({1, 1, 4, 2}),
        Tensor::zeros({2}, DType::float64),
        {},
        {},
        {}},
       Numbers(8, 1),
       {17, 93, 74, 290, 57, 197, 114, 394, 308, 996, 194, 602, 97, 301, 234, 706, 137, 405},
       {60, 140, 264, 360, 84, 196, 352, 480, 132, 308, 528, 720, 156, 364, 616, 840},
       {1232, 1232, 1376, 1376, 1664, 1664, 1824, 1824},
       {4, 4}},
      {"weighted",
       {"", image(3, 3), two_by_two(), Tensor::full({1, 1, 1, 1}, 2, DType::float64), zero, {}, {}, {}},
       {1, 2, 3, 4},
       {2, 8, 8, 12, 40, 32, 18, 48, 32},
       {74, 94, 134, 154},
       {640},
       {10}},
      {"stride 2, same",
       {"",
        image(4, 4),
        ones(3, 3),
        identity_pointwise(),
        zero,
        same({.stride_h = 2, .stride_w = 2}),
        {},
        {}},
       Numbers(4, 1),
       {1, 1, 2, 1, 1, 1, 2, 1, 2, 2, 4, 2, 1, 1, 2, 1},
       {24, 28, 14, 40, 44, 22, 20, 22, 11},
       {225},
       {4}},
      {"dilation 2",
       {"",
        image(5, 5),
        two_by_two(),
        identity_pointwise(),
        zero,
        {.dilation_h = 2, .dilation_w = 2},
        {},
        {}},
       Numbers(9, 1),
       {1, 1, 3, 2, 2, 1, 1, 3, 2, 2, 4, 4, 10, 6, 6, 3, 3, 7, 4, 4, 3, 3, 7, 4, 4},
       {63, 81, 153, 171},
       {1368},
       {9}},
  };
}

TEST(SeparableConv2D, GivesTheGradientsOfHandArithmeticInBothPrecisions) {
  for (const DType dtype : {DType::float64, DType::float32}) {
    for (const GradientCase& c : gradient_cases()) {
      SCOPED_TRACE(c.what);
      const Case& in = c.forward;
      const Tensors operands{as(in.x, dtype), as(in.depthwise, dtype), as(in.pointwise, dtype),
                             as(in.bias, dtype)};
      GradientTape tape;
      for (const Tensor& operand : operands) tape.watch(operand);
      const Tensor y = separable_conv2d(operands[0], operands[1], operands[2], operands[3], in.options);
      const Tensors gradients = tape.gradient(y, operands, as(numbers(y.shape(), c.dy), dtype));
      expect_values(gradients[0], in.x.shape(), c.dx, 0, 0);
      expect_values(gradients[1], in.depthwise.shape(), c.ddepthwise, 0, 0);
      expect_values(gradients[2], in.pointwise.shape(), c.dpointwise, 0, 0);
      expect_values(gradients[3], in.bias.shape(), c.dbias, 0, 0);
    }
  }
}

TEST(SeparableConv2D, GradientsMatchFiniteDifferences) {
  const auto check = [](const Shape& x, const Shape& depthwise, std::int64_t filters,
                        const Conv2DOptions& options) {
    const std::int64_t channels = depthwise[2] * depthwise[3];
    testing::expect_gradients_match_finite_differences(
        [&](const Tensors& in) { return separable_conv2d(in[0], in[1], in[2], in[3], options); },
        {varied(x, 1), varied(depthwise, 2), varied({1, 1, channels, filters}, 3), varied({filters}, 4)});
  };
  check({2, 5, 4, 3}, {3, 2, 3, 2}, 4, same());
  check({1, 6, 7, 2}, {2, 3, 2, 1}, 3, {.stride_h = 2, .stride_w = 3});
  check({1, 7, 6, 2}, {3, 3, 2, 1}, 2, same({.stride_h = 2, .dilation_w = 2}));
  check({2, 3, 5, 4}, {2, 2, 3, 2}, 2, {.dilation_h = 2, .channels_first = true});
}

TEST(DepthwiseConv2D, OrdersItsOutputChannelsByInputChannelFirst) {
  const Tensor y = depthwise_conv2d(numbers({1, 2, 2, 2}, {1, 10, 2, 20, 3, 30, 4, 40}),
                                    numbers({1, 1, 2, 2}, {1, 2, 3, 4}), {});
  expect_values(y, {1, 2, 2, 4}, {1, 2, 30, 40, 2, 4, 60, 80, 3, 6, 90, 120, 4, 8, 120, 160}, 0, 0);
}

TEST(DepthwiseConv2D, GivesTheNumbersOfHandArithmetic) {
  const Numbers want{196, 216, 272, 296, 252, 280, 344, 376, 364, 408, 488, 536, 420, 472, 560, 616};
  for (const DType dtype : {DType::float64, DType::float32}) {
    expect_values(depthwise_conv2d(ramp({1, 3, 3, 2}, dtype), ramp({2, 2, 2, 2}, dtype), {}), {1, 2, 2, 4},
                  want, 0, 0);
  }
}

TEST(DepthwiseConv2D, AddsItsBiasToEachOutputChannel) {
  const Tensor bias = numbers({2}, {10, 20});
  for (const bool channels_first : {false, true}) {
    const Shape shape = channels_first ? Shape{1, 1, 1, 2} : Shape{1, 1, 2, 1};
    const Tensor y =
        depthwise_conv2d(ramp(shape), ramp({1, 1, 1, 2}), bias, {.channels_first = channels_first});
    const Numbers want = channels_first ? Numbers{11, 12, 22, 24} : Numbers{11, 22, 12, 24};
    expect_values(y, channels_first ? Shape{1, 2, 1, 2} : Shape{1, 1, 2, 2}, want, 0, 0);
  }
}

TEST(DepthwiseConv2D, GradientsMatchFiniteDifferences) {
  const auto check = [](const Shape& x, const Shape& kernel, const Conv2DOptions& options) {
    testing::expect_gradients_match_finite_differences(
        [&](const Tensors& in) { return depthwise_conv2d(in[0], in[1], in[2], options); },
        {varied(x, 1), varied(kernel, 2), varied({kernel[2] * kernel[3]}, 3)});
  };
  check({2, 5, 4, 3}, {3, 2, 3, 2}, same());
  check({1, 7, 6, 2}, {3, 3, 2, 1}, same({.stride_h = 2, .stride_w = 3, .dilation_h = 2}));
  check({2, 3, 5, 4}, {2, 2, 3, 2}, {.dilation_w = 2, .channels_first = true});
}

TEST(SeparableConv2D, GivesNoGradientToWhatIsNotWatched) {
  const Tensor x = ramp({1, 3, 3, 1}, DType::float32);
  const Tensor depthwise = ramp({2, 2, 1, 1}, DType::float32), pointwise = ramp({1, 1, 1, 1}, DType::float32);
  GradientTape tape;
  tape.watch(pointwise);
  const Tensor y = separable_conv2d(x, depthwise, pointwise, {});
  EXPECT_EQ(tape.gradient(y, {pointwise})[0].item(), 37 + 47 + 67 + 77);
}

TEST(SeparableConv2D, RefusesSecondDerivativesInsteadOfGivingZero) {
  const Tensor x = ramp({1, 3, 3, 1}), depthwise = ramp({2, 2, 1, 1}), pointwise = identity_pointwise();
  GradientTape outer;
  outer.watch(x);
  Tensor dx;
  {
    GradientTape inner;
    inner.watch(x);
    dx = inner.gradient(separable_conv2d(x, depthwise, pointwise, {}), {x})[0];
  }
  EXPECT_THROW(outer.gradient(dx, {x}), RuntimeError);
}

TEST(SeparableConv2D, AcceptsABatchOfNoImages) {
  const Tensor x = Tensor::zeros({0, 5, 5, 3}), depthwise = Tensor::ones({3, 3, 3, 1});
  const Tensor pointwise = Tensor::ones({1, 1, 3, 4});
  GradientTape tape;
  tape.watch(pointwise);
  const Tensor y = separable_conv2d(x, depthwise, pointwise, {});
  EXPECT_EQ(y.shape(), (Shape{0, 3, 3, 4}));
  expect_values(tape.gradient(y, {pointwise})[0], {1, 1, 3, 4}, Numbers(12, 0));
}

/// The message of the ValueError that `f` throws.
template <class F>
std::string value_error(const F& f) {
  try {
    f();
  } catch (const ValueError& error) {
    return error.what();
  }
  return "no ValueError";
}

TEST(SeparableConv2D, NamesTheOperandThatDoesNotFit) {
  const Tensor x = ramp({1, 5, 5, 3}), depthwise = ramp({3, 3, 3, 2}), pointwise = ramp({1, 1, 6, 4});
  using ::testing::HasSubstr;
  EXPECT_THAT(value_error([&] {
                separable_conv2d(x, ramp({3, 3, 2, 2}), pointwise, {});
              }),
              HasSubstr("`depthwise_kernel` must be the number of input channels 3"));
  EXPECT_THAT(value_error([&] {
                separable_conv2d(x, ramp({3, 3, 3}), pointwise, {});
              }),
              HasSubstr("depthwise_kernel.shape=(3, 3, 3)"));
  EXPECT_THAT(value_error([&] {
                separable_conv2d(x, depthwise, ramp({1, 1, 3, 4}), {});
              }),
              HasSubstr("`pointwise_kernel` must have shape (1, 1, 6, filters)"));
  EXPECT_THAT(value_error([&] {
                separable_conv2d(x, depthwise, ramp({6, 4}), {});
              }),
              HasSubstr("pointwise_kernel.shape=(6, 4)"));
  EXPECT_THAT(value_error([&] { separable_conv2d(x, depthwise, pointwise, ramp({3})); }),
              HasSubstr("`bias` must have shape (4,)"));
  EXPECT_THAT(value_error([&] {
                separable_conv2d(ramp({5, 5, 3}), depthwise, pointwise, {});
              }),
              HasSubstr("(5, 5, 3)"));
  EXPECT_THROW(separable_conv2d(x, depthwise, pointwise.astype(DType::float32), {}), TypeError);
}

TEST(SeparableConv2D, RefusesAnOutputWithoutCells) {
  const Tensor pointwise = identity_pointwise();
  EXPECT_THROW(separable_conv2d(image(3, 3), ones(5, 5), pointwise, {}, {}), ValueError);
  EXPECT_THROW(separable_conv2d(image(4, 4), ones(3, 3), pointwise, {}, {.dilation_h = 2, .dilation_w = 2}),
               ValueError);
}

}  // namespace
}  // namespace sepal::ops
