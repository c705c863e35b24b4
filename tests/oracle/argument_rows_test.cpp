// The oracle's rows E1 to E18: arguments, builds and calls that are refused. What C++ cannot write as an
// argument (a fraction, None, text) comes through a config.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "sepal/sepal.h"
#include "tests/support/error_text.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_error;

Tensor ones(const Shape& shape) { return Tensor::ones(shape); }

// SeparableConv2D(2, 3) but for one argument of any kind.
void make_with(const char* key, const Json& value) {
  Json config = {{"filters", 2}, {"kernel_size", 3}};
  config[key] = value;
  (void)SeparableConv2D::from_config(config);
}

TEST(OracleRows, E1_E3_TuplesHaveTwoIntegers) {
  expect_error<ValueError>([] { SeparableConv2D({.filters = 2, .kernel_size = {3}}); },
                           {"`kernel_size`", "tuple of 2 integers", "(3,)"});
  expect_error<ValueError>(
      [] {
        SeparableConv2D({.filters = 2, .kernel_size = {3, 3, 3}});
      },
      {"`kernel_size`", "tuple of 2 integers", "(3, 3, 3)"});
  expect_error<ValueError>([] { make_with("kernel_size", 3.5); }, {"kernel_size", "integer", "3.5"});
  expect_error<ValueError>([] { make_with("kernel_size", nullptr); }, {"kernel_size", "integer", "null"});
  expect_error<ValueError>([] { make_with("kernel_size", "ab"); }, {"kernel_size", "integer", "ab"});
  expect_error<ValueError>(
      [] {
        SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 2, 3}});
      },
      {"`strides`", "tuple of 2 integers", "(1, 2, 3)"});
  expect_error<ValueError>([] { make_with("strides", nullptr); }, {"strides", "integer", "null"});
}

TEST(OracleRows, E2_OneIntegerMeansBothAxes) {
  const Json of_one = SeparableConv2D({.filters = 2, .kernel_size = 3, .name = "a"})->get_config();
  const Json of_two = SeparableConv2D({.filters = 2, .kernel_size = {3, 3}, .name = "a"})->get_config();
  EXPECT_EQ(of_one, of_two);
  EXPECT_EQ(of_one["kernel_size"], Json::array({3, 3}));
}

TEST(OracleRows, E4_LengthsAndCountsArePositive) {
  expect_error<ValueError>(
      [] {
        SeparableConv2D({.filters = 2, .kernel_size = {1, 0}});
      },
      {"`kernel_size`", "(1, 0)"});
  expect_error<ValueError>(
      [] {
        SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = {1, 0}});
      },
      {"`strides`", "(1, 0)"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 0, .kernel_size = 3}); },
                           {"`filters`", "strictly positive", "filters=0"});
  expect_error<ValueError>([] { SeparableConv2D({.filters = 2, .kernel_size = 3, .depth_multiplier = 0}); },
                           {"`depth_multiplier`", "strictly positive", "depth_multiplier=0"});
}

TEST(OracleRows, E5_E6_PaddingIsValidOrSameInAnyCase) {
  EXPECT_EQ(SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "SAME"})->options().padding, "same");
  EXPECT_EQ(SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = "Valid"})->options().padding,
            "valid");
  for (const char* padding : {"causal", "full"}) {
    expect_error<ValueError>([&] { SeparableConv2D({.filters = 2, .kernel_size = 3, .padding = padding}); },
                             {"`padding`", "valid", "same", padding});
  }
}

TEST(OracleRows, E7_DataFormatsInAnyCase) {
  EXPECT_EQ(SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "Channels_First"})
                ->options()
                .data_format,
            "channels_first");
  expect_error<ValueError>([] { SeparableConv2D({.filters = 2, .kernel_size = 3, .data_format = "nchw"}); },
                           {"`data_format`", "channels_last", "nchw"});
}

TEST(OracleRows, E8_StridesAndDilationDoNotGoTogether) {
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 2, .kernel_size = 3, .strides = 2, .dilation_rate = 2}); },
      {"strides", "dilation_rate", "(2, 2)"});
}

TEST(OracleRows, E9_ActivationsAreKnownByName) {
  expect_error<ValueError>([] { SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = "foo"}); },
                           {"activation", "foo"});
  EXPECT_EQ(
      SeparableConv2D({.filters = 2, .kernel_size = 3, .activation = nullptr})->get_config()["activation"],
      "linear");
}

TEST(OracleRows, E10_E11_ObjectsAreKnownByName) {
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_initializer = "foo"}); },
      {"initializer", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 2, .kernel_size = 3, .depthwise_regularizer = "foo"}); },
      {"regularizer", "foo"});
  expect_error<ValueError>(
      [] { SeparableConv2D({.filters = 2, .kernel_size = 3, .bias_constraint = "foo"}); },
      {"constraint", "foo"});
  expect_error<ValueError>(
      [] {
        make_with("pointwise_initializer", {{"class_name", "Zeros"}});
      },
      {"pointwise_initializer", "`config`", "Zeros"});
}

TEST(OracleRows, E12_KeywordsThatAreNotKnownAreTypeErrors) {
  expect_error<TypeError>([] { make_with("foo", 1); }, {"foo"});
  for (const char* of_conv2d :
       {"kernel_initializer", "kernel_regularizer", "kernel_constraint", "groups", "_scope"}) {
    expect_error<TypeError>([&] { make_with(of_conv2d, nullptr); }, {of_conv2d});
  }
}

TEST(OracleRows, E13_E15_ImagesHaveFourAxes) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3});
  expect_error<ValueError>(
      [&] {
        (void)layer(ones({5, 5, 3}));
      },
      {"expected ndim=4, found ndim=3", "(5, 5, 3)"});
  expect_error<ValueError>([&] { (void)layer(ones({1, 1, 5, 5, 3})); }, {"expected ndim=4, found ndim=5"});
  expect_error<ValueError>(
      [&] {
        (void)layer(Input({.shape = {5, 3}}));
      },
      {"expected ndim=4, found ndim=3", "(None, 5, 3)"});
  expect_error<ValueError>([&] { layer->build_for({5, 5, 3}); }, {"4", "(5, 5, 3)"});
  EXPECT_FALSE(layer->built());
}

TEST(OracleRows, E14_ChannelsHaveToBeKnown) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3},
                              {.batch_input_shape = {{kNone, kNone, 5, kNone}}});
  expect_error<ValueError>([&] { const Sequential model({layer}); },
                           {"channel dimension", "(None, None, 5, None)"});
  expect_error<ValueError>([&] { layer->build_for({kNone, 5, 5, kNone}); }, {"channel dimension"});
}

TEST(OracleRows, E16_E17_ABuiltLayerKeepsItsChannels) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3});
  (void)layer(ones({1, 5, 5, 3}));
  expect_error<ValueError>(
      [&] {
        (void)layer(ones({1, 5, 5, 4}));
      },
      {"expected axis 3", "value 3", "(1, 5, 5, 4)"});
  EXPECT_EQ(layer(ones({1, 7, 6, 3})).shape(), (Shape{1, 5, 4, 2}));
  // Built again: nothing for the same channels, an error for others.
  layer->build_for({kNone, 9, 9, 3});
  EXPECT_EQ(layer->weights().size(), 3U);
  expect_error<ValueError>([&] { layer->build_for({kNone, 5, 5, 4}); }, {"expected axis 3"});
}

TEST(OracleRows, E18_OneLayerTakesOneInput) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3, .name = "sep"});
  expect_error<ValueError>(
      [&] {
        (void)layer(Tensors{ones({1, 5, 5, 3}), ones({1, 5, 5, 3})});
      },
      {"\"sep\"", "expects 1 input(s)", "2 input tensors"});
}

TEST(OracleRows, S8_UnequalStridesRunExceptAsTensorFlow14) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3, .strides = {1, 2}});
  EXPECT_EQ(layer(ones({1, 6, 6, 2})).shape(), (Shape{1, 4, 2, 2}));
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  EXPECT_EQ(layer->output_shapes_for({{1, 6, 6, 2}})[0], (Shape{1, 4, 2, 2}));
  expect_error<InvalidArgumentError>([&] { (void)layer(ones({1, 6, 6, 2})); }, {"`strides`", "(1, 2)"});
}

TEST(OracleRows, S55_AFailedBuildLeavesTheLayerUnbuilt) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 5});
  expect_error<ValueError>([&] { (void)layer(ones({1, 3, 3, 2})); }, {"zero or negative"});
  EXPECT_FALSE(layer->built());
  EXPECT_TRUE(layer->weights().empty());
  EXPECT_EQ(layer(ones({1, 5, 5, 2})).shape(), (Shape{1, 1, 1, 2}));
  expect_error<ValueError>([&] { (void)layer(Tensor()); }, {"should be tensors"});
}

TEST(OracleRows, S55_TensorFlow14KeepsSessionsApart) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3});
  clear_session();
  const KerasTensor x = Input({.shape = {5, 5, 3}});
  EXPECT_EQ(layer(x).shape(), (Shape{kNone, 3, 3, 2}));
  const CompatibilityScope tensorflow14(Compatibility::tf14);
  expect_error<ValueError>([&] { (void)layer(x); }, {"Input graph and Layer graph are not the same"});
}

TEST(OracleRows, S28_S29_TheFirstLayerMayKnowItsInput) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3},
                              {.input_shape = {{7, 6, 3}}, .batch_size = 4});
  EXPECT_FALSE(layer->built());
  const Sequential model({layer, layers::Flatten()});
  EXPECT_TRUE(model->built());
  EXPECT_EQ(model->input_shape(), (Shape{4, 7, 6, 3}));
  const SeparableConv2D both({.filters = 2, .kernel_size = 3},
                             {.input_shape = {{1, 1, 1}}, .batch_input_shape = {{kNone, 5, 5, 3}}});
  EXPECT_EQ(both->batch_input_shape(), (Shape{kNone, 5, 5, 3}));
  EXPECT_EQ(tensorflow14_config(*both)["batch_input_shape"], Json::array({nullptr, 5, 5, 3}));
  EXPECT_FALSE(both->get_config().contains("batch_input_shape"));
}

TEST(OracleRows, S65_CallAloneNeedsWeights) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3, .name = "sep"});
  expect_error<RuntimeError>([&] { (void)layer->call_built(ones({1, 5, 5, 3})); }, {"\"sep\"", "no weights"});
  layer->build_for({kNone, 5, 5, 3});
  testing::expect_same_bits(layer->call_built(ones({1, 5, 5, 3})), layer(ones({1, 5, 5, 3})));
}

TEST(OracleRows, S66_AMaskKeywordIsATypeErrorWhereNoneIsRead) {
  const SeparableConv2D layer({.filters = 2, .kernel_size = 3});
  expect_error<TypeError>(
      [&] {
        (void)layer(ones({1, 5, 5, 3}), {.mask = Tensor::ones({1, 5, 5}, DType::boolean)});
      },
      {"'mask'", "SeparableConv2D"});
}

}  // namespace
}  // namespace sepal
