// Rows E of the specification's oracle; rows T, N and G are in tests/oracle.
#include "sepal/layers/convolutional/separable_conv2d.h"

#include <gtest/gtest.h>

#include "sepal/base/error.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_error;

TEST(SeparableConv2D, RefusesArgumentsOutsideOfTheirRules) {
  expect_error<ValueError>([] { SeparableConv2D({.kernel_size = 3}); }, {"`filters`", "filters=0"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1}); }, {"`kernel_size`", "2 integers"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = {3, 3, 3}}); }, {"(3, 3, 3)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = {1, 0}}); }, {"(1, 0)", "> 0"});
  expect_error<ValueError>(
      [] {
        SeparableConv2D({.filters = 1, .kernel_size = 3, .strides = {1, 2, 3}});
      },
      {"`strides`", "(1, 2, 3)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .padding = "causal"}); },
                           {"`padding`", "causal"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .data_format = "nchw"}); },
                           {"`data_format`", "nchw"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .depth_multiplier = 0}); },
                           {"depth_multiplier=0"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .strides = 2, .dilation_rate = 2}); },
      {"strides=(2, 2)", "dilation_rate=(2, 2)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 1, .kernel_size = 3, .activation = "foo"}); },
                           {"activation", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .depthwise_initializer = "foo"}); },
      {"initializer", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .bias_regularizer = "foo"}); },
      {"regularizer", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 1, .kernel_size = 3, .bias_constraint = "foo"}); },
      {"constraint", "foo"});
}

TEST(SeparableConv2D, TakesNamesInAnyCase) {
  const SeparableConv2D layer(
      {.filters = 1, .kernel_size = 3, .padding = "SAME", .data_format = "Channels_First"});
  EXPECT_EQ(layer->options().padding, "same");
  EXPECT_EQ(layer->options().data_format, "channels_first");
  EXPECT_EQ(layer->options().kernel_size, (IntTuple{3, 3}));
}

}  // namespace
}  // namespace sepal
