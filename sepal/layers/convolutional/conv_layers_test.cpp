// What the convolution layers refuse, and shapes with unknown lengths; their numbers are in tests/golden.
#include <gtest/gtest.h>

#include <limits>

#include "sepal/base/error.h"
#include "sepal/layers/layers.h"
#include "tests/support/error_text.h"

namespace sepal {
namespace {

using testing::expect_error;

constexpr std::int64_t kHuge = std::numeric_limits<std::int64_t>::max();

template <class L>
Shape output_shape(const Ref<L>& layer, const Shape& input) {
  return layer->output_shapes_for({input})[0];
}

TEST(ConvLayers, HaveKerasShapesForUnknownLengths) {
  EXPECT_EQ(output_shape(layers::Conv1D({.filters = 4, .kernel_size = 3, .strides = 2, .padding = "causal"}),
                         {kNone, 7, 2}),
            (Shape{kNone, 4, 4}));
  EXPECT_EQ(output_shape(layers::Conv3D({.filters = 4, .kernel_size = 3}), {kNone, kNone, 5, 6, 2}),
            (Shape{kNone, kNone, 3, 4, 4}));
  EXPECT_EQ(
      output_shape(layers::Conv1DTranspose({.filters = 32, .kernel_size = 3, .strides = 2}), {4, 10, 128}),
      (Shape{4, 21, 32}));
  EXPECT_EQ(output_shape(layers::Conv2DTranspose({.filters = 3,
                                                  .kernel_size = 2,
                                                  .strides = {3, 2},
                                                  .padding = "same",
                                                  .output_padding = IntTuple{2, 1},
                                                  .data_format = "channels_first"}),
                         {kNone, 1, 4, kNone}),
            (Shape{kNone, 3, 11, kNone}));
}

TEST(ConvLayers, TakeAWindowLengthForEachAxis) {
  expect_error<ValueError>(
      [] {
        layers::Conv1D({.filters = 1, .kernel_size = {3, 3}});
      },
      {"`kernel_size`", "1 integers", "(3, 3)"});
  expect_error<ValueError>(
      [] {
        layers::Conv3D({.filters = 1, .kernel_size = 3, .strides = {1, 2}});
      },
      {"`strides`", "3 integers", "(1, 2)"});
}

TEST(ConvLayers, KnowCausalPaddingOnlyOfConv1D) {
  EXPECT_EQ(layers::Conv1D({.filters = 1, .kernel_size = 3, .padding = "Causal"})->options().padding,
            "causal");
  expect_error<ValueError>([] { layers::Conv2D({.filters = 1, .kernel_size = 3, .padding = "causal"}); },
                           {"`padding`", "causal"});
  expect_error<ValueError>(
      [] { layers::SeparableConv1D({.filters = 1, .kernel_size = 3, .padding = "causal"}); },
      {"`padding`", "causal"});
  expect_error<ValueError>([] { layers::DepthwiseConv1D({.kernel_size = 3, .padding = "causal"}); },
                           {"`padding`", "causal"});
}

TEST(ConvLayers, DemandTheirRankAndChannels) {
  const layers::Conv1D conv({.filters = 1, .kernel_size = 3});
  expect_error<ValueError>([&] { conv->build_for({{2, 7, 7, 3}}); }, {"rank 3", "(2, 7, 7, 3)"});
  expect_error<ValueError>([&] { conv->build_for({{2, 7, kNone}}); }, {"channel dimension", "(2, 7, None)"});
  conv->build_for({{2, 7, 3}});
  expect_error<ValueError>([&] { conv(Tensor::zeros({2, 7, 4})); }, {"(2, 7, 4)"});
  expect_error<ValueError>(
      [] {
        layers::Conv3D({.filters = 1, .kernel_size = 3})->build_for({{1, 3, 2, 3, 1}});
      },
      {"zero or negative", "(1, 3, 2, 3, 1)"});
}

TEST(TransposedConvLayers, RefuseArgumentsOutsideOfTheirRules) {
  expect_error<ValueError>(
      [] { layers::Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = 2, .output_padding = 2}); },
      {"`output_padding`", "strictly less", "(2, 2)"});
  expect_error<ValueError>(
      [] { layers::Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = 2, .output_padding = -1}); },
      {"`output_padding`", ">= 0"});
  expect_error<ValueError>([] { layers::Conv2DTranspose({.filters = 0, .kernel_size = 3}); },
                           {"`filters`", "filters=0"});
  expect_error<ValueError>(
      [] { layers::Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = 2, .dilation_rate = 2}); },
      {"strides=(2, 2)", "dilation_rate=(2, 2)"});
}

TEST(ConvLayers, RefuseLengthsBeyond63Bits) {
  expect_error<ValueError>(
      [] {
        layers::Conv2DTranspose({.filters = 1, .kernel_size = 3, .strides = kHuge})
            ->build_for({{1, 4, 4, 1}});
      },
      {"63 bits"});
  expect_error<ValueError>(
      [] {
        layers::DepthwiseConv1D({.kernel_size = 1, .depth_multiplier = kHuge})->build_for({{1, 4, 2}});
      },
      {"63 bits"});
  expect_error<ValueError>(
      [] {
        layers::Conv1D({.filters = 1, .kernel_size = kHuge, .dilation_rate = kHuge})->build_for({{1, 4, 2}});
      },
      {"63 bits"});
}

}  // namespace
}  // namespace sepal
