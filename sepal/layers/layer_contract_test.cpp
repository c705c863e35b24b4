// Every layer of the registry keeps the contract: a class without a line here fails the last test.
#include "tests/support/layer_contract.h"

#include <gtest/gtest.h>

#include <set>

#include "sepal/layers/layers.h"
#include "sepal/layers/registry.h"

namespace sepal {
namespace {

struct Line {
  const char* class_name;
  Ref<Layer> layer;
  Shapes inputs;
  Shape output;
};

const Shape kImage{2, 5, 6, 3};
const Shape kChannelsFirst{2, 3, 5, 6};
const Shape kSteps{2, 7, 3};
const Shape kVolume{2, 3, 4, 2, 2};

std::vector<Line> lines() {
  using namespace layers;
  const DTypePolicy f64 = "float64";
  return {
      {"Activation", Activation({.activation = "tanh", .dtype = f64}), {kImage}, kImage},
      {"Activation", Activation({.activation = "glu", .dtype = f64}), {{2, 6}}, {2, 3}},
      {"Add", Add({.dtype = f64}), {{2, 3, 4}, {2, 3, 1}}, {2, 3, 4}},
      {"Average", Average({.dtype = f64}), {{2, 3}, {2, 3}, {2, 3}}, {2, 3}},
      {"AveragePooling1D",
       AveragePooling1D({.pool_size = 3, .strides = 2, .padding = "same", .dtype = f64}),
       {kSteps},
       {2, 4, 3}},
      {"AveragePooling2D",
       AveragePooling2D({.strides = 1, .padding = "same", .dtype = f64}),
       {kImage},
       kImage},
      {"AveragePooling3D",
       AveragePooling3D({.pool_size = {1, 2, 3}, .padding = "same", .dtype = f64}),
       {kVolume},
       {2, 3, 2, 1, 2}},
      {"BatchNormalization", BatchNormalization({.dtype = f64}), {kImage}, kImage},
      {"BatchNormalization",
       BatchNormalization({.axis = 1, .scale = false, .dtype = f64}),
       {kChannelsFirst},
       kChannelsFirst},
      {"Concatenate", Concatenate({.axis = 1, .dtype = f64}), {{2, 3, 2}, {2, 1, 2}}, {2, 4, 2}},
      {"Conv1D",
       Conv1D({.filters = 4, .kernel_size = 3, .strides = 2, .padding = "causal", .dtype = f64}),
       {kSteps},
       {2, 4, 4}},
      {"Conv1D",
       Conv1D({.filters = 4, .kernel_size = 2, .data_format = "channels_first", .groups = 2, .dtype = f64}),
       {{2, 4, 5}},
       {2, 4, 4}},
      {"Conv1DTranspose",
       Conv1DTranspose({.filters = 2, .kernel_size = 3, .strides = 2, .dtype = f64}),
       {kSteps},
       {2, 15, 2}},
      {"Conv2D",
       Conv2D({.filters = 4, .kernel_size = {3, 2}, .strides = {2, 1}, .padding = "same", .dtype = f64}),
       {kImage},
       {2, 3, 6, 4}},
      {"Conv2D",
       Conv2D({.filters = 6, .kernel_size = 3, .groups = 3, .activation = "softplus", .dtype = f64}),
       {kImage},
       {2, 3, 4, 6}},
      {"Conv2DTranspose",
       Conv2DTranspose({.filters = 2,
                        .kernel_size = 3,
                        .strides = 2,
                        .padding = "same",
                        .output_padding = 1,
                        .dtype = f64}),
       {{2, 2, 3, 2}},
       {2, 4, 6, 2}},
      {"Conv2DTranspose",
       Conv2DTranspose({.filters = 2,
                        .kernel_size = 2,
                        .data_format = "channels_first",
                        .dilation_rate = 2,
                        .activation = "tanh",
                        .dtype = f64}),
       {{2, 2, 2, 3}},
       {2, 2, 4, 5}},
      {"Conv3D",
       Conv3D({.filters = 2, .kernel_size = 2, .strides = {2, 1, 1}, .padding = "same", .dtype = f64}),
       {kVolume},
       {2, 2, 4, 2, 2}},
      {"Conv3DTranspose",
       Conv3DTranspose({.filters = 2,
                        .kernel_size = 2,
                        .strides = {2, 1, 1},
                        .data_format = "channels_first",
                        .dtype = f64}),
       {{2, 2, 2, 2, 2}},
       {2, 2, 4, 3, 3}},
      {"Dense", Dense({.units = 4, .activation = "sigmoid", .dtype = f64}), {{2, 3, 5}}, {2, 3, 4}},
      {"DepthwiseConv1D",
       DepthwiseConv1D({.kernel_size = 3, .strides = 2, .depth_multiplier = 2, .dtype = f64}),
       {kSteps},
       {2, 3, 6}},
      {"DepthwiseConv2D",
       DepthwiseConv2D({.kernel_size = 3, .strides = {1, 2}, .depth_multiplier = 2, .dtype = f64}),
       {kImage},
       {2, 3, 2, 6}},
      {"Dot",
       Dot({.axes = {2, 1}, .normalize = true, .dtype = f64}),
       {{2, 3, 4}, {2, 4, 2, 2}},
       {2, 3, 2, 2}},
      {"Dot", Dot({.axes = 1, .dtype = f64}), {{2, 3, 2}, {2, 3}}, {2, 2}},
      {"Dropout", Dropout({.rate = 0.5, .dtype = f64}), {kImage}, kImage},
      {"ELU", ELU({.alpha = 0.5, .dtype = f64}), {kImage}, kImage},
      {"Flatten", Flatten({.data_format = "channels_first", .dtype = f64}), {kChannelsFirst}, {2, 90}},
      {"GlobalAveragePooling1D",
       GlobalAveragePooling1D({.data_format = "channels_first", .keepdims = true, .dtype = f64}),
       {kSteps},
       {2, 7, 1}},
      {"GlobalAveragePooling2D", GlobalAveragePooling2D({.dtype = f64}), {kImage}, {2, 3}},
      {"GlobalAveragePooling3D",
       GlobalAveragePooling3D({.data_format = "channels_first", .dtype = f64}),
       {kVolume},
       {2, 3}},
      {"GlobalMaxPooling1D", GlobalMaxPooling1D({.dtype = f64}), {kSteps}, {2, 3}},
      {"GlobalMaxPooling2D", GlobalMaxPooling2D({.keepdims = true, .dtype = f64}), {kImage}, {2, 1, 1, 3}},
      {"GlobalMaxPooling3D",
       GlobalMaxPooling3D({.keepdims = true, .dtype = f64}),
       {kVolume},
       {2, 1, 1, 1, 2}},
      {"GroupNormalization", GroupNormalization({.groups = 2, .dtype = f64}), {{2, 2, 3, 4}}, {2, 2, 3, 4}},
      {"GroupNormalization",
       GroupNormalization({.groups = -1, .axis = 1, .scale = false, .dtype = f64}),
       {kChannelsFirst},
       kChannelsFirst},
      {"LayerNormalization",
       LayerNormalization({.axis = {1, -1}, .dtype = f64}),
       {{2, 3, 2, 2}},
       {2, 3, 2, 2}},
      {"LayerNormalization", LayerNormalization({.rms_scaling = true, .dtype = f64}), {{2, 5}}, {2, 5}},
      {"LeakyReLU", LeakyReLU({.negative_slope = 0.2, .dtype = f64}), {kImage}, kImage},
      {"MaxPooling1D",
       MaxPooling1D({.pool_size = 3, .strides = 1, .data_format = "channels_first", .dtype = f64}),
       {kSteps},
       {2, 7, 1}},
      {"MaxPooling2D",
       MaxPooling2D({.pool_size = 3, .strides = 2, .padding = "same", .dtype = f64}),
       {kImage},
       {2, 3, 3, 3}},
      {"MaxPooling3D",
       MaxPooling3D({.pool_size = 2, .strides = {1, 2, 1}, .dtype = f64}),
       {kVolume},
       {2, 2, 2, 1, 2}},
      {"Maximum", Maximum({.dtype = f64}), {{2, 3}, {2, 3}}, {2, 3}},
      {"Minimum", Minimum({.dtype = f64}), {{2, 3}, {2, 3}}, {2, 3}},
      {"Multiply", Multiply({.dtype = f64}), {kImage, {2, 3}}, kImage},
      {"PReLU", PReLU({.shared_axes = {1, 2}, .dtype = f64}), {kImage}, kImage},
      {"ReLU",
       ReLU({.max_value = 1.0, .negative_slope = 0.1, .threshold = 0.25, .dtype = f64}),
       {kImage},
       kImage},
      {"Rescaling", Rescaling({.scale = {0.5, 2.0, 1.0}, .offset = -1.0, .dtype = f64}), {kImage}, kImage},
      {"SeparableConv1D",
       SeparableConv1D({.filters = 2,
                        .kernel_size = 3,
                        .padding = "same",
                        .dilation_rate = 2,
                        .depth_multiplier = 2,
                        .dtype = f64}),
       {kSteps},
       {2, 7, 2}},
      {"SeparableConv2D",
       SeparableConv2D({.filters = 4,
                        .kernel_size = {2, 3},
                        .padding = "same",
                        .dilation_rate = {2, 1},
                        .depth_multiplier = 2,
                        .activation = "tanh",
                        .dtype = f64}),
       {kImage},
       {2, 5, 6, 4}},
      {"SeparableConv2D",
       SeparableConv2D({.filters = 4,
                        .kernel_size = 3,
                        .strides = {2, 1},
                        .data_format = "channels_first",
                        .use_bias = false,
                        .dtype = f64}),
       {kChannelsFirst},
       {2, 4, 2, 4}},
      {"Softmax", Softmax({.axis = {1, 2}, .dtype = f64}), {{2, 3, 4}}, {2, 3, 4}},
      {"Subtract", Subtract({.dtype = f64}), {{2, 3}, {2, 1}}, {2, 3}},
      {"UnitNormalization", UnitNormalization({.axis = {1, 2}, .dtype = f64}), {{2, 3, 2, 2}}, {2, 3, 2, 2}},
  };
}

TEST(LayerContract, IsKeptByEveryLayer) {
  for (const Line& line : lines()) testing::expect_layer_contract(line.layer, line.inputs, line.output);
}

TEST(LayerContract, HasALineForEveryClassOfTheRegistry) {
  // An input has no call of its own; the other is a second name of SeparableConv2D; models have their own
  // tests.
  std::set<std::string> covered{
      "InputLayer", "SeparableConvolution1D", "SeparableConvolution2D", "Functional", "Model", "Sequential"};
  for (const Line& line : lines()) covered.insert(line.class_name);
  for (const std::string& name : registered_layers()) EXPECT_TRUE(covered.contains(name)) << name;
}

}  // namespace
}  // namespace sepal
