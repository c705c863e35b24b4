// The oracle's rows T: lengths, paddings and shapes of SeparableConv2D.
#include <gtest/gtest.h>

#include <string>

#include "sepal/base/error.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "sepal/ops/conv_geometry.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;

struct LengthRow {
  const char* id;
  std::int64_t length, kernel, stride, dilation;
  const char* padding;
  std::int64_t output;
  std::int64_t before, after;  // cells of padding
};

class LengthRows : public ::testing::TestWithParam<LengthRow> {};

TEST_P(LengthRows, HaveTheirOutputAndPadding) {
  const LengthRow& row = GetParam();
  const SeparableConv2D layer({.filters = 1,
                               .kernel_size = row.kernel,
                               .strides = row.stride,
                               .padding = row.padding,
                               .dilation_rate = row.dilation});
  const Shape output = layer->output_shapes_for({{1, row.length, row.length, 1}})[0];
  EXPECT_EQ(output, (Shape{1, row.output, row.output, 1}));

  const ops::Padding padding = ops::padding_from_name(row.padding);
  EXPECT_EQ(ops::window_padding_before(row.length, row.kernel, padding, row.stride, row.dilation),
            row.before);
  if (padding == ops::Padding::valid) return;
  // The cells that the last window reaches behind the image are the padding after it, when there are any.
  const std::int64_t reach = (row.output - 1) * row.stride + (row.kernel - 1) * row.dilation + 1;
  EXPECT_EQ(reach - row.length - row.before, row.after);
}

INSTANTIATE_TEST_SUITE_P(OracleRows, LengthRows,
                         ::testing::Values(LengthRow{"T1", 7, 3, 1, 1, "valid", 5, 0, 0},
                                           LengthRow{"T2", 7, 3, 2, 1, "valid", 3, 0, 0},
                                           LengthRow{"T3", 6, 3, 2, 1, "valid", 2, 0, 0},
                                           LengthRow{"T4", 7, 3, 1, 1, "same", 7, 1, 1},
                                           LengthRow{"T5", 7, 3, 2, 1, "same", 4, 1, 1},
                                           LengthRow{"T6", 6, 3, 2, 1, "same", 3, 0, 1},
                                           LengthRow{"T7_same", 224, 3, 2, 1, "same", 112, 0, 1},
                                           LengthRow{"T7_valid", 224, 3, 2, 1, "valid", 111, 0, 0},
                                           LengthRow{"T8_odd", 7, 3, 1, 2, "valid", 3, 0, 0},
                                           LengthRow{"T8_even", 6, 3, 1, 2, "valid", 2, 0, 0},
                                           LengthRow{"T9", 4, 2, 1, 2, "same", 4, 1, 1},
                                           LengthRow{"T10", 4, 2, 1, 3, "same", 4, 1, 2},
                                           LengthRow{"T11_stride5", 2, 3, 5, 1, "same", 1, 0, 1},
                                           LengthRow{"T11_stride2", 1, 3, 2, 1, "same", 1, 1, 1},
                                           LengthRow{"T12", 10, 4, 3, 1, "valid", 3, 0, 0}),
                         [](const auto& info) { return std::string(info.param.id); });

TEST(OracleRows, T13_NoOutputIsAValueError) {
  const SeparableConv2D large({.filters = 1, .kernel_size = 5});
  EXPECT_THROW(large->output_shapes_for({{1, 3, 3, 1}}), ValueError);
  EXPECT_THROW(large->build_for({{1, 3, 3, 1}}), ValueError);
  const SeparableConv2D dilated({.filters = 1, .kernel_size = 3, .dilation_rate = 2});
  EXPECT_THROW(dilated->output_shapes_for({{1, 4, 4, 1}}), ValueError);
}

struct ShapeRow {
  const char* id;
  SeparableConv2DOptions options;
  Shape input, output;
  Shapes weights = {};     // not checked if empty
  std::int64_t count = 0;  // not checked if 0
};

class ShapeRows : public ::testing::TestWithParam<ShapeRow> {};

TEST_P(ShapeRows, HaveTheirOutputAndWeights) {
  const ShapeRow& row = GetParam();
  const SeparableConv2D layer(row.options);
  EXPECT_EQ(layer->output_shapes_for({row.input})[0], row.output);
  layer->build_for({row.input});
  if (!row.weights.empty()) {
    Shapes weights;
    for (const Variable& variable : layer->weights()) weights.push_back(variable.shape());
    EXPECT_EQ(weights, row.weights);
  }
  if (row.count == 0) return;
  EXPECT_EQ(layer->count_params(), row.count);
}

INSTANTIATE_TEST_SUITE_P(
    OracleRows, ShapeRows,
    ::testing::Values(
        ShapeRow{"T14",
                 {.filters = 6, .kernel_size = 3},
                 {2, 7, 6, 3},
                 {2, 5, 4, 6},
                 {{3, 3, 3, 1}, {1, 1, 3, 6}, {6}},
                 51},
        ShapeRow{"T15",
                 {.filters = 6, .kernel_size = 3, .padding = "same", .depth_multiplier = 2},
                 {2, 7, 6, 3},
                 {2, 7, 6, 6},
                 {{3, 3, 3, 2}, {1, 1, 6, 6}, {6}},
                 96},
        ShapeRow{"T16",
                 {.filters = 6, .kernel_size = 3, .strides = 2, .padding = "same"},
                 {kNone, kNone, kNone, 3},
                 {kNone, kNone, kNone, 6}},
        ShapeRow{"T17", {.filters = 5, .kernel_size = 2, .depth_multiplier = 5}, {3, 5, 5, 4}, {3, 4, 4, 5}},
        ShapeRow{
            "T18",
            {.filters = 6, .kernel_size = 2, .padding = "same", .dilation_rate = 2, .depth_multiplier = 6},
            {3, 4, 4, 4},
            {3, 4, 4, 6}},
        ShapeRow{"T19", {.filters = 6, .kernel_size = 2, .strides = 2}, {3, 5, 5, 4}, {3, 2, 2, 6}},
        ShapeRow{"T20",
                 {.filters = 8, .kernel_size = 3, .data_format = "channels_first"},
                 {2, 3, 7, 6},
                 {2, 8, 5, 4},
                 {{3, 3, 3, 1}, {1, 1, 3, 8}, {8}}},
        ShapeRow{"T21",
                 {.filters = 6, .kernel_size = 3, .use_bias = false},
                 {2, 7, 6, 3},
                 {2, 5, 4, 6},
                 {{3, 3, 3, 1}, {1, 1, 3, 6}},
                 45},
        ShapeRow{"T22", {.filters = 4, .kernel_size = 3, .strides = 3}, {4, 10, 10, 12}, {4, 3, 3, 4}}),
    [](const auto& info) { return std::string(info.param.id); });

}  // namespace
}  // namespace sepal
