// Defaults, masks and errors of the pooling layers; their numbers are in tests/golden.
#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using testing::expect_error;
using testing::expect_values;
using testing::ramp;

TEST(PoolingLayers, StrideByTheirWindow) {
  EXPECT_EQ(layers::MaxPooling1D()->options().strides, (IntTuple{2}));
  EXPECT_EQ(layers::AveragePooling3D({.pool_size = {1, 2, 3}})->options().strides, (IntTuple{1, 2, 3}));
}

TEST(PoolingLayers, RefuseArgumentsOutsideOfTheirRules) {
  expect_error<ValueError>(
      [] {
        layers::MaxPooling3D({.pool_size = {2, 2}});
      },
      {"`pool_size`", "3 integers"});
  expect_error<ValueError>([] { layers::MaxPooling1D({.padding = "causal"}); }, {"`padding`", "causal"});
  expect_error<ValueError>(
      [] {
        layers::MaxPooling1D()->output_shapes_for({{2, 1, 3}});
      },
      {"zero or negative", "(2, 1, 3)"});
  expect_error<ValueError>(
      [] {
        layers::AdaptiveMaxPooling2D({.output_size = {2, 2, 2}});
      },
      {"`output_size`", "2 integers"});
  expect_error<ValueError>([] { layers::GlobalMaxPooling3D()(ramp({2, 4, 4, 3})); }, {"ndim=5"});
}

// By hand: the steps (1 2), (5 6) of the first sample, (9 10) of the second.
TEST(GlobalAveragePooling1D, AveragesTheStepsThatCount) {
  const Tensor mask = Tensor::from<double>({1, 0, 1, 0, 1, 0}, {2, 3}).astype(DType::boolean);
  const layers::GlobalAveragePooling1D last({.dtype = "float64"});
  expect_values(last(ramp({2, 3, 2}), {.mask = mask}), {2, 2}, {3, 4, 9, 10});
  // (1 3), (4 6); 8 and 11.
  const layers::GlobalAveragePooling1D first(
      {.data_format = "channels_first", .keepdims = true, .dtype = "float64"});
  expect_values(first(ramp({2, 2, 3}), {.mask = mask}), {2, 2, 1}, {2, 5, 8, 11});
  EXPECT_FALSE(last->compute_mask(ramp({2, 3, 2}), mask).defined());
}

}  // namespace
}  // namespace sepal
