// Numbers and gradients worked out by hand are in tests/oracle/convolution_rows_test.cpp.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/conv.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_values;
using testing::ramp;
using testing::varied;
using Numbers = std::vector<double>;

Conv2DOptions same(Conv2DOptions options = {}) {
  options.padding = Padding::same;
  return options;
}

Tensor numbers(const Shape& shape, const Numbers& values) { return Tensor::from(values, shape); }

Tensor identity_pointwise() { return Tensor::ones({1, 1, 1, 1}, DType::float64); }
Tensor ones(std::int64_t h, std::int64_t w) { return Tensor::ones({h, w, 1, 1}, DType::float64); }
Tensor image(std::int64_t h, std::int64_t w) { return ramp({1, h, w, 1}); }

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

// Convolves images with two rows of zeros in front, one behind, and a column behind, with and without help.
void expect_frame_to_act_as_zeros(DType dtype, Conv2DOptions options) {
  const bool first = options.channels_first;
  const Tensor x = testing::small_integers(first ? Shape{2, 3, 6, 7} : Shape{2, 6, 7, 3}, 1, dtype);
  const Tensor kernel = testing::small_integers({3, 3, 3, 1}, 2, dtype);
  const Tensor pointwise = testing::small_integers({1, 1, 3, 2}, 3, dtype);
  const auto gradients = [&](const auto& convolve) {
    GradientTape tape;
    for (const Tensor& operand : {x, kernel, pointwise}) tape.watch(operand);
    const Tensor y = convolve();
    Tensors all = tape.gradient(y, {x, kernel, pointwise}, testing::small_integers(y.shape(), 4, dtype));
    all.push_back(y);
    return all;
  };
  const auto padded = [&] {
    return first ? pad(x, {{0, 0}, {0, 0}, {2, 1}, {0, 1}}) : pad(x, {{0, 0}, {2, 1}, {0, 1}, {0, 0}});
  };
  Conv2DOptions framed = options;
  framed.frame = {.top = 2, .bottom = 1, .left = 0, .right = 1};
  const Tensors depthwise = gradients([&] { return depthwise_conv2d(x, kernel, {}, framed); });
  const Tensors depthwise_want = gradients([&] { return depthwise_conv2d(padded(), kernel, {}, options); });
  const Tensors separable = gradients([&] { return separable_conv2d(x, kernel, pointwise, {}, framed); });
  const Tensors separable_want =
      gradients([&] { return separable_conv2d(padded(), kernel, pointwise, {}, options); });
  for (std::size_t i = 0; i < separable.size(); ++i) {
    testing::expect_close(depthwise[i], depthwise_want[i], 0, 0);
    testing::expect_close(separable[i], separable_want[i], 0, 0);
  }
}

TEST(DepthwiseConv2D, TakesAFrameForZerosAroundTheImages) {
  for (const DType dtype : {DType::float32, DType::float64}) {
    expect_frame_to_act_as_zeros(dtype, {});
    expect_frame_to_act_as_zeros(dtype, {.stride_h = 2, .stride_w = 2});
    expect_frame_to_act_as_zeros(dtype, same({.stride_h = 2, .stride_w = 3}));
    expect_frame_to_act_as_zeros(dtype, {.dilation_h = 2, .channels_first = true});
  }
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

TEST(WeightCache, PacksOnceForEachVersion) {
  WeightCache cache;
  int packed = 0;
  const auto pack = [&](float* memory) { memory[0] = static_cast<float>(++packed); };
  const auto first_of = [&](const WeightVersions& versions, std::int64_t layout) {
    return *reinterpret_cast<const float*>(cache.find(versions, layout, 4, pack).get());
  };
  EXPECT_EQ(first_of({1, 2, 0}, 16), 1);
  EXPECT_EQ(first_of({1, 2, 0}, 16), 1);
  EXPECT_EQ(first_of({1, 3, 0}, 16), 2);
  EXPECT_EQ(first_of({1, 3, 0}, 32), 3);
}

TEST(SeparableConv2D, ReadsKeptWeightsOnlyWhileTheirVersionsStay) {
  WeightCache cache;
  const Tensor x = testing::ramp({1, 5, 5, 3}, DType::float32);
  const Tensor depthwise = testing::ramp({3, 3, 3, 1}, DType::float32),
               bias = testing::ramp({4}, DType::float32);
  const Tensor first = testing::ramp({1, 1, 3, 4}, DType::float32), second = Tensor::ones({1, 1, 3, 4});
  const auto run = [&](const Tensor& pointwise, std::uint64_t version) {
    return separable_conv2d(x, depthwise, pointwise, bias, {.kept = {&cache, {1, version, 1}}});
  };
  const Tensor want_first = separable_conv2d(x, depthwise, first, bias);
  const Tensor want_second = separable_conv2d(x, depthwise, second, bias);
  EXPECT_THAT(run(first, 1).values<float>(), ::testing::ElementsAreArray(want_first.values<float>()));
  EXPECT_THAT(run(first, 1).values<float>(), ::testing::ElementsAreArray(want_first.values<float>()));
  EXPECT_THAT(run(second, 2).values<float>(), ::testing::ElementsAreArray(want_second.values<float>()));
}

}  // namespace
}  // namespace sepal::ops
