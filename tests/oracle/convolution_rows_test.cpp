// The oracle's rows N and G: what SeparableConv2D computes, and its gradients. All are whole numbers and
// halves, exact in both precisions. The numbers come from a program of a few lines that shares nothing with
// this library.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/layers/activations/activation.h"
#include "sepal/layers/convolutional/depthwise_conv2d.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "tests/support/tensor_checks.h"

namespace sepal {
namespace {

using layers::SeparableConv2D;
using testing::expect_values;
using testing::ramp;
using Numbers = std::vector<double>;

Tensor numbers(const Shape& shape, const Numbers& values) { return Tensor::from(values, shape); }
Tensor image(std::int64_t h, std::int64_t w) { return ramp({1, h, w, 1}); }
Tensor ones(std::int64_t h, std::int64_t w) { return Tensor::ones({h, w, 1, 1}, DType::float64); }
Tensor two_by_two() { return ramp({2, 2, 1, 1}); }

struct Row {
  std::string id;
  SeparableConv2DOptions options;  // without filters and kernel_size, which follow from the weights
  Tensor x, depthwise, pointwise, bias;
  Shape shape;
  Numbers want;
};

Row one_channel(const char* id, Tensor x, Tensor depthwise, SeparableConv2DOptions options,
                const Shape& shape, Numbers want) {
  return {id, std::move(options), x, depthwise, Tensor::ones({1, 1, 1, 1}, DType::float64), {}, shape, want};
}

SeparableConv2D layer_of(const Row& row, DType dtype) {
  SeparableConv2DOptions options = row.options;
  options.filters = row.pointwise.shape()[3];
  options.kernel_size = IntTuple{row.depthwise.shape()[0], row.depthwise.shape()[1]};
  options.depth_multiplier = row.depthwise.shape()[3];
  options.use_bias = row.bias.defined();
  options.dtype = dtype;
  const SeparableConv2D layer(options);
  layer->build_for({row.x.shape()});
  Tensors weights{row.depthwise, row.pointwise};
  if (row.bias.defined()) weights.push_back(row.bias);
  layer->set_weights(weights);
  return layer;
}

// N9: two channels, each multiplied twice.
Tensor n9_image() { return numbers({1, 2, 2, 2}, {1, 10, 2, 20, 3, 30, 4, 40}); }
Tensor n9_depthwise() { return numbers({1, 1, 2, 2}, {1, 2, 3, 4}); }
Tensor n9_pointwise() { return numbers({1, 1, 4, 3}, {1, 0, 0, 0, 1, 0, 0, 0, 1, 1, 1, 1}); }

Row row_n9d(const char* id, SeparableConv2DOptions options, const Tensor& x, Numbers want) {
  return {
      id,           std::move(options), x, ramp({2, 2, 2, 2}), ramp({1, 1, 4, 2}), numbers({2}, {.5, -.5}),
      {1, 2, 2, 2}, std::move(want)};
}

std::vector<Row> forward_rows() {
  const SeparableConv2DOptions valid;
  const SeparableConv2DOptions same{.padding = "same"};
  const SeparableConv2DOptions same_by_2{.strides = 2, .padding = "same"};
  const SeparableConv2DOptions first{.data_format = "channels_first"};
  return {
      one_channel("N1", image(3, 3), two_by_two(), valid, {1, 2, 2, 1}, {37, 47, 67, 77}),
      one_channel("N2", image(3, 3), two_by_two(), same, {1, 3, 3, 1}, {37, 47, 21, 67, 77, 33, 23, 26, 9}),
      one_channel("N3", image(4, 4), ones(3, 3), same_by_2, {1, 2, 2, 1}, {54, 45, 72, 54}),
      one_channel("N4", image(5, 5), ones(3, 3), same_by_2, {1, 3, 3, 1},
                  {16, 33, 28, 69, 117, 87, 76, 123, 88}),
      one_channel("N5", image(5, 5), two_by_two(), same_by_2, {1, 3, 3, 1},
                  {51, 71, 35, 151, 171, 75, 65, 71, 25}),
      one_channel("N6", image(5, 5), ones(3, 3), {.dilation_rate = 2}, {1, 1, 1, 1}, {117}),
      one_channel("N7", image(5, 5), ones(3, 3), {.padding = "same", .dilation_rate = 2}, {1, 5, 5, 1},
                  {28, 32, 48, 32, 36, 48, 52, 78, 52, 56,  72, 78, 117,
                   78, 84, 48, 52, 78, 52, 56, 68, 72, 108, 72, 76}),
      one_channel("N8", image(3, 3), two_by_two(), {.padding = "same", .dilation_rate = 2}, {1, 3, 3, 1},
                  {20, 36, 15, 36, 64, 26, 10, 16, 5}),
      one_channel("N8b", image(4, 4), two_by_two(), {.padding = "same", .dilation_rate = 3}, {1, 4, 4, 1},
                  {44, 75, 30, 33, 66, 112, 44, 48, 14, 21, 6, 7, 22, 33, 10, 11}),
      {"N9b",
       valid,
       n9_image(),
       n9_depthwise(),
       n9_pointwise(),
       numbers({3}, {100, 200, 300}),
       {1, 2, 2, 3},
       {141, 242, 370, 182, 284, 440, 223, 326, 510, 264, 368, 580}},
      row_n9d("N9d", valid, ramp({1, 3, 3, 2}),
              {4276.5, 5255.5, 5444.5, 6695.5, 7780.5, 9575.5, 8948.5, 11015.5}),
      row_n9d("N9e", same_by_2, ramp({1, 3, 3, 2}),
              {4276.5, 5255.5, 2390.5, 2931.5, 2494.5, 3035.5, 893.5, 1069.5}),
      {"N10",
       first,
       numbers({1, 2, 2, 2}, {1, 2, 3, 4, 10, 20, 30, 40}),
       n9_depthwise(),
       n9_pointwise(),
       numbers({3}, {100, 200, 300}),
       {1, 3, 2, 2},
       {141, 182, 223, 264, 242, 284, 326, 368, 370, 440, 510, 580}},
      row_n9d("N10b", first, ramp({1, 2, 3, 3}),
              {6340.5, 6924.5, 8092.5, 8676.5, 7543.5, 8263.5, 9703.5, 10423.5}),
      row_n9d("N10c", {.strides = 2, .padding = "same", .data_format = "channels_first"}, ramp({1, 2, 3, 3}),
              {6340.5, 2856.5, 2468.5, 837.5, 7543.5, 3407.5, 2943.5, 989.5}),
      one_channel("N11_same", image(4, 4), ones(1, 1), same_by_2, {1, 2, 2, 1}, {1, 3, 9, 11}),
      one_channel("N11_valid", image(4, 4), ones(1, 1), {.strides = 2}, {1, 2, 2, 1}, {1, 3, 9, 11}),
      one_channel("N12", image(5, 5), ones(1, 1), {.strides = 3, .padding = "same"}, {1, 2, 2, 1},
                  {1, 4, 16, 19}),
      one_channel("N13", image(2, 4), ramp({1, 3, 1, 1}), valid, {1, 2, 2, 1}, {14, 20, 38, 44}),
      one_channel("N13b", image(3, 2), numbers({2, 1, 1, 1}, {1, 10}), same, {1, 3, 2, 1},
                  {31, 42, 53, 64, 5, 6}),
      one_channel("N13c", image(3, 4), two_by_two(), {.strides = {1, 2}}, {1, 2, 2, 1}, {44, 64, 84, 104}),
      one_channel("N13d", image(3, 3), ones(3, 3), {.strides = {2, 1}, .padding = "same"}, {1, 2, 3, 1},
                  {12, 21, 16, 24, 39, 28}),
      one_channel("N14", image(5, 5), two_by_two(),
                  {.strides = 2, .dilation_rate = 2, .allow_strides_with_dilation = true}, {1, 2, 2, 1},
                  {92, 112, 192, 212}),
      one_channel("N14b", image(5, 5), two_by_two(),
                  {.strides = 2, .padding = "same", .dilation_rate = 2, .allow_strides_with_dilation = true},
                  {1, 3, 3, 1}, {28, 57, 27, 82, 152, 66, 34, 55, 19}),
      one_channel("N14c", image(3, 3), two_by_two(), {.dilation_rate = {2, 1}}, {1, 1, 2, 1}, {58, 68}),
      {"N15",
       {.activation = "relu"},
       image(3, 3),
       two_by_two(),
       Tensor::ones({1, 1, 1, 1}, DType::float64),
       numbers({1}, {-43}),
       {1, 2, 2, 1},
       {0, 4, 24, 34}},
      one_channel("N15b", ramp({2, 2, 2, 1}), two_by_two(), valid, {2, 1, 1, 1}, {30, 70}),
  };
}

std::string id_of(const auto& info) { return info.param.id; }

class ForwardRows : public ::testing::TestWithParam<Row> {};

TEST_P(ForwardRows, GiveTheirNumbersInBothPrecisions) {
  const Row& row = GetParam();
  for (const DType dtype : {DType::float64, DType::float32}) {
    const SeparableConv2D layer = layer_of(row, dtype);
    expect_values(layer(row.x.astype(dtype)), row.shape, row.want, 0, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(OracleRows, ForwardRows, ::testing::ValuesIn(forward_rows()),
                         [](const auto& info) { return id_of(info); });

Tensor depthwise_only(const Tensor& x, const Tensor& kernel) {
  const layers::DepthwiseConv2D layer({.kernel_size = {kernel.shape()[0], kernel.shape()[1]},
                                       .depth_multiplier = kernel.shape()[3],
                                       .use_bias = false,
                                       .dtype = DType::float64});
  layer->build_for({x.shape()});
  layer->set_weights({kernel});
  return layer(x);
}

TEST(OracleRows, N9_DepthwiseChannelsAreOrderedByInputChannelFirst) {
  expect_values(depthwise_only(n9_image(), n9_depthwise()), {1, 2, 2, 4},
                {1, 2, 30, 40, 2, 4, 60, 80, 3, 6, 90, 120, 4, 8, 120, 160}, 0, 0);
}

TEST(OracleRows, N9c_DepthwiseWindowsOfTwoChannels) {
  expect_values(depthwise_only(ramp({1, 3, 3, 2}), ramp({2, 2, 2, 2})), {1, 2, 2, 4},
                {196, 216, 272, 296, 252, 280, 344, 376, 364, 408, 488, 536, 420, 472, 560, 616}, 0, 0);
}

TEST(OracleRows, N16_SoftmaxOfAPixel) {
  const SeparableConv2D layer({.filters = 3, .kernel_size = 1, .activation = "softmax", .use_bias = false});
  layer->build_for({{1, 1, 1, 1}});
  layer->set_weights({Tensor::ones({1, 1, 1, 1}), ramp({1, 1, 1, 3})});
  expect_values(layer(Tensor::ones({1, 1, 1, 1})), {1, 1, 1, 3}, {0.0900306, 0.2447285, 0.6652410}, 0, 1e-6);
}

// In every version of Keras softmax takes the last axis, whatever the data format.
TEST(OracleRows, Trap13_SoftmaxActsOnWidthInChannelsFirst) {
  const SeparableConv2D layer({.filters = 1,
                               .kernel_size = 1,
                               .data_format = "channels_first",
                               .activation = "softmax",
                               .use_bias = false,
                               .dtype = DType::float64});
  layer->build_for({{1, 1, 2, 3}});
  layer->set_weights({Tensor::ones({1, 1, 1, 1}), Tensor::ones({1, 1, 1, 1})});
  expect_values(layer(numbers({1, 1, 2, 3}, {1, 2, 3, 11, 12, 13})), {1, 1, 2, 3},
                {0.09003057, 0.24472847, 0.66524096, 0.09003057, 0.24472847, 0.66524096}, 0, 1e-8);
}

TEST(OracleRows, N17_ActivationsAtOnePoint) {
  const auto value = [](const char* name, double x) {
    return layers::Activation({.activation = name, .dtype = DType::float64})(numbers({1}, {x})).item();
  };
  EXPECT_NEAR(value("elu", -1), -.6321206, 1e-7);
  EXPECT_NEAR(value("selu", -1), -1.1113307, 1e-7);
  EXPECT_NEAR(value("softplus", 1), 1.3132617, 1e-7);
  EXPECT_NEAR(value("softsign", -2), -.6666667, 1e-7);
  EXPECT_NEAR(value("hard_sigmoid", 1), .6666667, 1e-7);
  EXPECT_NEAR(value("keras2_hard_sigmoid", 1), .7, 1e-7);
}

struct GradientRow {
  std::string id;
  Row forward;  // its result is not compared here
  Numbers dy, dx, depthwise, pointwise, bias;
};

Row for_gradient(Tensor x, Tensor depthwise, Tensor pointwise, SeparableConv2DOptions options = {}) {
  const Tensor bias = Tensor::zeros({pointwise.shape()[3]}, DType::float64);
  return {"", std::move(options), x, depthwise, pointwise, bias, {}, {}};
}

std::vector<GradientRow> gradient_rows() {
  const Tensor one = Tensor::ones({1, 1, 1, 1}, DType::float64);
  return {
      {"G1",
       for_gradient(ramp({1, 3, 3, 2}), ramp({2, 2, 2, 2}), ramp({1, 1, 4, 2})),
       Numbers(8, 1),
       {17, 93, 74, 290, 57, 197, 114, 394, 308, 996, 194, 602, 97, 301, 234, 706, 137, 405},
       {60, 140, 264, 360, 84, 196, 352, 480, 132, 308, 528, 720, 156, 364, 616, 840},
       {1232, 1232, 1376, 1376, 1664, 1664, 1824, 1824},
       {4, 4}},
      {"G2",
       for_gradient(image(3, 3), two_by_two(), Tensor::full({1, 1, 1, 1}, 2, DType::float64)),
       {1, 2, 3, 4},
       {2, 8, 8, 12, 40, 32, 18, 48, 32},
       {74, 94, 134, 154},
       {640},
       {10}},
      {"G3",
       for_gradient(image(4, 4), ones(3, 3), one, {.strides = 2, .padding = "same"}),
       Numbers(4, 1),
       {1, 1, 2, 1, 1, 1, 2, 1, 2, 2, 4, 2, 1, 1, 2, 1},
       {24, 28, 14, 40, 44, 22, 20, 22, 11},
       {225},
       {4}},
      {"G4",
       for_gradient(image(5, 5), two_by_two(), one, {.dilation_rate = 2}),
       Numbers(9, 1),
       {1, 1, 3, 2, 2, 1, 1, 3, 2, 2, 4, 4, 10, 6, 6, 3, 3, 7, 4, 4, 3, 3, 7, 4, 4},
       {63, 81, 153, 171},
       {1368},
       {9}},
  };
}

class GradientRows : public ::testing::TestWithParam<GradientRow> {};

TEST_P(GradientRows, GiveTheirNumbersInBothPrecisions) {
  const GradientRow& row = GetParam();
  for (const DType dtype : {DType::float64, DType::float32}) {
    const SeparableConv2D layer = layer_of(row.forward, dtype);
    const Tensor x = row.forward.x.astype(dtype);
    GradientTape tape;
    tape.watch(x);
    Tensors sources{x};
    for (const Variable& variable : layer->weights()) sources.push_back(variable.value());
    const Tensor y = layer(x);
    const Tensors gradients = tape.gradient(y, sources, numbers(y.shape(), row.dy).astype(dtype));
    const std::vector<Numbers> wanted{row.dx, row.depthwise, row.pointwise, row.bias};
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      expect_values(gradients[i], sources[i].shape(), wanted[i], 0, 0);
    }
  }
}

INSTANTIATE_TEST_SUITE_P(OracleRows, GradientRows, ::testing::ValuesIn(gradient_rows()),
                         [](const auto& info) { return id_of(info); });

}  // namespace
}  // namespace sepal
