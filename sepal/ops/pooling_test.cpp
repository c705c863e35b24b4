#include "sepal/ops/pooling.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "tests/support/error_text.h"
#include "tests/support/simd_targets.h"
#include "tests/support/tensor_checks.h"
#include "tests/support/thread_counts.h"

namespace sepal::ops {
namespace {

using testing::expect_error;
using testing::expect_gradients_match_finite_differences;
using testing::expect_values;
using testing::for_each_simd_target;
using testing::ramp;
using testing::varied;

using Pool = Tensor (*)(const Tensor&, const Pool2DOptions&);

// What Keras on TensorFlow gives for this image and for output gradients 1, 2, 3, …
const std::vector<double> kImage{3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3, 2, 3, 8, 4};

struct Golden {
  Pool pool;
  Pool2DOptions options;
  Shape shape;
  std::vector<double> y;
  std::vector<double> dx;
};

const Pool2DOptions kSame3Stride2{.pool_h = 3, .pool_w = 3, .padding = Padding::same};
const Pool2DOptions kValid23Stride12{.pool_h = 2, .pool_w = 3, .stride_h = 1};
const Pool2DOptions kSame2Stride1{.stride_h = 1, .stride_w = 1, .padding = Padding::same};

const std::vector<Golden>& golden() {
  static const std::vector<Golden> list{
      {max_pool2d, kSame3Stride2, {1, 2, 3, 1}, {9, 9, 9, 8, 9, 9}, {0, 0, 0, 0, 0, 1, 0, 0, 0, 0,
                                                                     0, 4, 7, 0, 9, 0, 0, 0, 0, 0}},
      {max_pool2d, kValid23Stride12, {1, 3, 2, 1}, {9, 6, 9, 9, 9, 9}, {0, 0, 0,  0, 0, 4, 0, 2, 0, 0,
                                                                        0, 0, 15, 0, 0, 0, 0, 0, 0, 0}},
      {max_pool2d,
       kSame2Stride1,
       {1, 4, 5, 1},
       {9, 6, 6, 5, 5, 9, 9, 9, 9, 9, 8, 9, 9, 9, 9, 3, 3, 8, 8, 4},
       {0, 0, 0, 0, 9, 7, 0, 5, 0, 0, 0, 11, 40, 0, 48, 16, 0, 17, 37, 20}},
      {average_pool2d,
       kSame3Stride2,
       {1, 2, 3, 1},
       {4.666666666666667, 4.777777777777778, 5, 4.5, 6.166666666666667, 7},
       {0.16666666666666666,
        0.38888888888888884,
        0.2222222222222222,
        0.7222222222222222,
        0.5,
        0.16666666666666666,
        0.38888888888888884,
        0.2222222222222222,
        0.7222222222222222,
        0.5,
        1.1666666666666667,
        2.2222222222222223,
        1.0555555555555554,
        3.0555555555555554,
        2,
        1,
        1.8333333333333333,
        0.8333333333333333,
        2.333333333333333,
        1.5}},
      {average_pool2d,
       kValid23Stride12,
       {1, 3, 2, 1},
       {4.166666666666667, 4, 6.5, 6.5, 5, 6.666666666666667},
       {0.16666666666666666,
        0.16666666666666666,
        0.5,
        0.3333333333333333,
        0.3333333333333333,
        0.6666666666666666,
        0.6666666666666666,
        1.6666666666666665,
        1,
        1,
        1.3333333333333333,
        1.3333333333333333,
        3,
        1.6666666666666665,
        1.6666666666666665,
        0.8333333333333333,
        0.8333333333333333,
        1.8333333333333333,
        1,
        1}},
      {average_pool2d,
       kSame2Stride1,
       {1, 4, 5, 1},
       {3.75, 3.25, 4, 3.5, 4, 6, 6.25, 6.75, 6, 6, 4.5, 5.5, 6.75, 7, 6.5, 2.5, 2.5, 5.5, 6, 4},
       {0.25, 0.75, 1.25, 1.75, 3.5,   1.75,  4,     5,     6,     10.75,
        4.25, 9,    10,   11,   18.25, 10.75, 22.25, 23.75, 25.25, 40.5}},
  };
  return list;
}

TEST(Pooling2D, HasTheValuesAndGradientsOfKeras) {
  const Tensor x = Tensor::from(kImage, {1, 4, 5, 1});
  for (const Golden& g : golden()) {
    GradientTape tape;
    tape.watch(x);
    const Tensor y = g.pool(x, g.options);
    expect_values(y, g.shape, g.y);
    expect_values(tape.gradient(y, {x}, ramp(g.shape))[0], x.shape(), g.dx);
  }
}

// `image` as every channel of an image of many, each channel c shifted by c.
Tensor with_channels(const Tensor& image, std::int64_t channels) {
  const Shape shape{1, image.shape()[1], image.shape()[2], channels};
  Tensor result(shape, image.dtype());
  double* out = result.mutable_data<double>();
  for (std::int64_t i = 0; i < result.num_elements(); ++i) {
    out[i] = image.at(i / channels) + static_cast<double>(i % channels);
  }
  return result;
}

TEST(Pooling2D, TreatsEveryChannelAlike) {
  for_each_simd_target([] {
    for (const std::int64_t channels : {2, 7, 8, 16, 21, 37}) {
      const Tensor x = with_channels(Tensor::from(kImage, {1, 4, 5, 1}), channels);
      for (const Golden& g : golden()) {
        for (const DType dtype : {DType::float32, DType::float64}) {
          GradientTape tape;
          const Tensor input = x.astype(dtype);
          tape.watch(input);
          const Tensor y = g.pool(input, g.options);
          const Tensor dy = with_channels(ramp(g.shape), channels).astype(dtype);
          const Tensor dx = tape.gradient(y, {input}, dy)[0];
          ASSERT_EQ(y.num_elements(), static_cast<std::int64_t>(g.y.size()) * channels);
          for (std::int64_t i = 0; i < y.num_elements(); ++i) {
            const auto c = static_cast<double>(i % channels);
            ASSERT_NEAR(y.at(i), g.y[static_cast<std::size_t>(i / channels)] + c, 1e-5);
          }
          // The gradient of channel 0; the others have larger output gradients.
          for (std::int64_t i = 0; i < dx.num_elements(); i += channels) {
            ASSERT_NEAR(dx.at(i), g.dx[static_cast<std::size_t>(i / channels)], 1e-5);
          }
        }
      }
    }
  });
}

TEST(Pooling2D, IsTheSameInBothLayouts) {
  const Tensor x = varied({2, 7, 8, 5}, 1);
  for (const Golden& g : golden()) {
    Pool2DOptions planes = g.options;
    planes.channels_first = true;
    GradientTape tape({.persistent = true});
    tape.watch(x);
    const Tensor last = g.pool(x, g.options);
    const Tensor first = transpose(g.pool(transpose(x, {0, 3, 1, 2}), planes), {0, 2, 3, 1});
    testing::expect_same_bits(first, last);
    const Tensor dy = varied(last.shape(), 2);
    testing::expect_same_bits(tape.gradient(first, {x}, dy)[0], tape.gradient(last, {x}, dy)[0]);
  }
}

TEST(Pooling2D, HasTheGradientsOfFiniteDifferences) {
  const Pool2DOptions list[] = {
      {},
      {.pool_h = 3, .pool_w = 2, .stride_h = 1, .stride_w = 3},
      {.pool_h = 2, .pool_w = 2, .stride_h = 3, .stride_w = 3},  // cells that no window reaches
      {.pool_h = 3, .pool_w = 3, .stride_h = 2, .stride_w = 1, .padding = Padding::same},
      {.pool_h = 9, .pool_w = 9, .stride_h = 4, .stride_w = 4, .padding = Padding::same},  // beyond the image
  };
  for (Pool2DOptions options : list) {
    for (const bool channels_first : {false, true}) {
      options.channels_first = channels_first;
      for (const Pool pool : {max_pool2d, average_pool2d}) {
        expect_gradients_match_finite_differences([&](const Tensors& x) { return pool(x[0], options); },
                                                  {varied({2, 6, 7, 5}, 1)});
      }
    }
  }
}

TEST(MaxPooling2D, GivesATiesGradientToTheFirst) {
  // As TensorFlow does, window by window.
  const Tensor x = Tensor::from<double>({1, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 0, 1, 1, 1}, {1, 4, 4, 1});
  GradientTape tape;
  tape.watch(x);
  const Tensor y =
      max_pool2d(x, {.pool_h = 3, .pool_w = 3, .stride_h = 1, .stride_w = 1, .padding = Padding::same});
  expect_values(tape.gradient(y, {x})[0], x.shape(), {4, 2, 2, 0, 2, 1, 0, 1, 2, 0, 2, 0, 0, 0, 0, 0});
}

TEST(MaxPooling2D, IgnoresCellsOutside) {
  const Tensor x = Tensor::full({1, 3, 3, 20}, -5.0);
  const Tensor y =
      max_pool2d(x, {.pool_h = 3, .pool_w = 3, .stride_h = 1, .stride_w = 1, .padding = Padding::same});
  testing::expect_same_bits(y, x);
}

TEST(MaxPooling2D, ShowsNotANumberAndInfinity) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double inf = std::numeric_limits<double>::infinity();
  for_each_simd_target([=] {
    for (const std::size_t place : {0U, 1U, 2U, 3U}) {
      std::vector<double> cells{1, 2, 3, 4};
      cells[place] = nan;
      const Tensor x = with_channels(Tensor::from(cells, {1, 2, 2, 1}), 19);
      const Tensor y = max_pool2d(x, {});
      for (std::int64_t c = 0; c < 19; ++c) EXPECT_TRUE(std::isnan(y.at(c))) << place;
    }
    expect_values(max_pool2d(Tensor::full({1, 2, 2, 3}, -inf, DType::float64), {}), {1, 1, 1, 3},
                  {-inf, -inf, -inf});
  });
}

TEST(Pooling2D, HasTheSameBitsForAnyThreadCount) {
  const Tensor x = varied({5, 28, 28, 20}, 1, DType::float32);
  for (const Pool pool : {max_pool2d, average_pool2d}) {
    testing::expect_same_bits_for_any_thread_count([&] {
      GradientTape tape;
      tape.watch(x);
      const Tensor y = pool(x, kSame3Stride2);
      return Tensors{y, tape.gradient(y, {x}, varied(y.shape(), 2, DType::float32))[0]};
    });
  }
}

TEST(Pooling2D, SaysThatItHasNoSecondDerivative) {
  for (const Pool pool : {max_pool2d, average_pool2d}) {
    const Tensor x = varied({1, 4, 4, 2}, 1);
    GradientTape outer;
    outer.watch(x);
    Tensor first;
    {
      GradientTape inner;
      inner.watch(x);
      const Tensor pooled = pool(x, {});
      first = inner.gradient(pooled, {x}, pooled)[0];
    }
    expect_error<RuntimeError>([&] { (void)outer.gradient(first, {x}); }, {"pool2d"});
  }
}

TEST(Pooling2D, RefusesShapesThatDoNotFit) {
  for (const Pool pool : {max_pool2d, average_pool2d}) {
    expect_error<ValueError>([=] { (void)pool(Tensor::zeros({4, 4, 2}), {}); }, {"(4, 4, 2)"});
    expect_error<ValueError>([=] { (void)pool(Tensor::zeros({1, 1, 4, 2}), {}); }, {"zero or negative"});
    expect_error<ValueError>([=] { (void)pool(Tensor::zeros({1, 4, 4, 2}), {.pool_h = 0}); }, {"(0, 2)"});
    expect_error<ValueError>([=] { (void)pool(Tensor::zeros({1, 4, 4, 2}), {.stride_w = 0}); }, {"(2, 0)"});
    expect_error<TypeError>([=] { (void)pool(Tensor::zeros({1, 4, 4, 2}, DType::int32), {}); }, {"int32"});
  }
}

}  // namespace
}  // namespace sepal::ops
