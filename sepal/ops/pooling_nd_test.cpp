#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/ops/pooling.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal::ops {
namespace {

using testing::expect_gradients_match_finite_differences;
using testing::expect_same_bits;
using testing::expect_values;
using testing::ramp;
using testing::varied;

const Padding kSame = Padding::same;

// Keras 3.15's values.
TEST(PoolingOfVolumes, TakesTheLargestOfEachWindow) {
  Tensor x = ramp({1, 3, 3, 3, 1});
  x.mutable_data<double>()[13] = 100;
  expect_values(max_pool(x, {.pool_size = {2, 2, 2}, .strides = {1, 2, 1}, .padding = kSame}),
                {1, 3, 2, 3, 1},
                {100, 100, 15, 17, 18, 18, 100, 100, 24, 26, 27, 27, 23, 24, 24, 26, 27, 27});
}

TEST(PoolingOfVolumes, AveragesTheCellsInside) {
  expect_values(
      average_pool(ramp({1, 3, 3, 3, 1}), {.pool_size = {2, 2, 2}, .strides = {2, 2, 1}, .padding = kSame}),
      {1, 2, 2, 3, 1}, {7.5, 8.5, 9, 12, 13, 13.5, 21, 22, 22.5, 25.5, 26.5, 27});
}

TEST(PoolingOfVolumes, TakesChannelsInFront) {
  const Tensor x = testing::small_integers({2, 4, 5, 3, 3});
  PoolOptions options{.pool_size = {2, 3, 2}, .strides = {2, 1, 1}};
  const Tensor last = max_pool(x, options);
  options.channels_first = true;
  expect_same_bits(max_pool(transpose(x, {0, 4, 1, 2, 3}), options), transpose(last, {0, 4, 1, 2, 3}));
}

// By hand: windows 1 2, 3 4, 5 and the channels behind them.
TEST(PoolingOfLines, HasWindowsOfOneAxis) {
  expect_values(max_pool(ramp({1, 5, 1}), {.pool_size = {2}, .strides = {2}, .padding = kSame}), {1, 3, 1},
                {2, 4, 5});
  expect_values(average_pool(ramp({1, 2, 5}),
                             {.pool_size = {2}, .strides = {2}, .padding = kSame, .channels_first = true}),
                {1, 2, 3}, {1.5, 3.5, 5, 6.5, 8.5, 10});
}

TEST(PoolingNd, IsDifferentiable) {
  for (const auto pool : {max_pool, average_pool}) {
    expect_gradients_match_finite_differences(
        [&](const Tensors& in) {
          return pool(in[0], {.pool_size = {2, 2, 3}, .strides = {1, 2, 2}, .padding = kSame});
        },
        {varied({1, 3, 3, 4, 2})});
    expect_gradients_match_finite_differences(
        [&](const Tensors& in) { return pool(in[0], {.pool_size = {3}, .strides = {2}}); },
        {varied({2, 7, 2})});
  }
}

// Keras 3.15's values.
TEST(AdaptivePooling, HasTheNumberOfWindowsAskedFor) {
  const Tensor x = ramp({1, 3, 2, 4, 1});
  expect_values(adaptive_average_pool(x, {2, 1, 4}, false), {1, 2, 1, 4, 1}, {7, 8, 9, 10, 15, 16, 17, 18});
  expect_values(adaptive_max_pool(x, {2, 1, 4}, false), {1, 2, 1, 4, 1}, {13, 14, 15, 16, 21, 22, 23, 24});
  const Tensor first = ramp({1, 1, 3, 2, 4});
  expect_values(adaptive_average_pool(first, {2, 1, 3}, true), {1, 1, 2, 1, 3},
                {7.5, 8.5, 9.5, 15.5, 16.5, 17.5});
  expect_values(adaptive_max_pool(first, {2, 1, 3}, true), {1, 1, 2, 1, 3}, {14, 15, 16, 22, 23, 24});
}

TEST(AdaptivePooling, IsDifferentiable) {
  for (const auto pool : {adaptive_max_pool, adaptive_average_pool}) {
    expect_gradients_match_finite_differences(
        [&](const Tensors& in) {
          return pool(in[0], {2, 1, 3}, false);
        },
        {varied({1, 3, 2, 4, 2})});
  }
}

TEST(AdaptivePooling, RefusesSizesThatDoNotFit) {
  testing::expect_error<ValueError>(
      [] {
        adaptive_max_pool(ramp({1, 5, 1}), {2, 2}, false);
      },
      {"`output_size`", "(2, 2)", "(1, 5, 1)"});
  testing::expect_error<ValueError>(
      [] {
        adaptive_average_pool(ramp({1, 5, 1}), {0}, false);
      },
      {"`output_size`"});
  testing::expect_error<ValueError>(
      [] {
        adaptive_average_pool(ramp({1, 5, 1}), {std::int64_t{1} << 62}, false);
      },
      {"`output_size`", "65536", "4611686018427387904"});
}

TEST(PoolingNd, RefusesAnotherNumberOfAxes) {
  testing::expect_error<ValueError>(
      [] {
        max_pool(ramp({1, 5, 1}), {.pool_size = {2, 2}, .strides = {2, 2}});
      },
      {"`pool_size`", "(1, 5, 1)"});
}

}  // namespace
}  // namespace sepal::ops
