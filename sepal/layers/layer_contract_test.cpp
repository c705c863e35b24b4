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

std::vector<Line> lines() {
  using namespace layers;
  const DTypePolicy f64 = "float64";
  return {
      {"Activation", Activation({.activation = "tanh", .dtype = f64}), {kImage}, kImage},
      {"Activation", Activation({.activation = "glu", .dtype = f64}), {{2, 6}}, {2, 3}},
      {"Add", Add({.dtype = f64}), {{2, 3, 4}, {2, 3, 1}}, {2, 3, 4}},
      {"Average", Average({.dtype = f64}), {{2, 3}, {2, 3}, {2, 3}}, {2, 3}},
      {"AveragePooling2D",
       AveragePooling2D({.strides = 1, .padding = "same", .dtype = f64}),
       {kImage},
       kImage},
      {"BatchNormalization", BatchNormalization({.dtype = f64}), {kImage}, kImage},
      {"BatchNormalization",
       BatchNormalization({.axis = 1, .scale = false, .dtype = f64}),
       {kChannelsFirst},
       kChannelsFirst},
      {"Concatenate", Concatenate({.axis = 1, .dtype = f64}), {{2, 3, 2}, {2, 1, 2}}, {2, 4, 2}},
      {"Conv2D",
       Conv2D({.filters = 4, .kernel_size = {3, 2}, .strides = {2, 1}, .padding = "same", .dtype = f64}),
       {kImage},
       {2, 3, 6, 4}},
      {"Conv2D",
       Conv2D({.filters = 6, .kernel_size = 3, .groups = 3, .activation = "softplus", .dtype = f64}),
       {kImage},
       {2, 3, 4, 6}},
      {"Dense", Dense({.units = 4, .activation = "sigmoid", .dtype = f64}), {{2, 3, 5}}, {2, 3, 4}},
      {"DepthwiseConv2D",
       DepthwiseConv2D({.kernel_size = 3, .strides = {1, 2}, .depth_multiplier = 2, .dtype = f64}),
       {kImage},
       {2, 3, 2, 6}},
      {"Dropout", Dropout({.rate = 0.5, .dtype = f64}), {kImage}, kImage},
      {"ELU", ELU({.alpha = 0.5, .dtype = f64}), {kImage}, kImage},
      {"Flatten", Flatten({.data_format = "channels_first", .dtype = f64}), {kChannelsFirst}, {2, 90}},
      {"GlobalAveragePooling2D", GlobalAveragePooling2D({.dtype = f64}), {kImage}, {2, 3}},
      {"GlobalMaxPooling2D", GlobalMaxPooling2D({.keepdims = true, .dtype = f64}), {kImage}, {2, 1, 1, 3}},
      {"LeakyReLU", LeakyReLU({.negative_slope = 0.2, .dtype = f64}), {kImage}, kImage},
      {"MaxPooling2D",
       MaxPooling2D({.pool_size = 3, .strides = 2, .padding = "same", .dtype = f64}),
       {kImage},
       {2, 3, 3, 3}},
      {"Maximum", Maximum({.dtype = f64}), {{2, 3}, {2, 3}}, {2, 3}},
      {"Minimum", Minimum({.dtype = f64}), {{2, 3}, {2, 3}}, {2, 3}},
      {"Multiply", Multiply({.dtype = f64}), {kImage, {2, 3}}, kImage},
      {"PReLU", PReLU({.shared_axes = {1, 2}, .dtype = f64}), {kImage}, kImage},
      {"ReLU",
       ReLU({.max_value = 1.0, .negative_slope = 0.1, .threshold = 0.25, .dtype = f64}),
       {kImage},
       kImage},
      {"Rescaling", Rescaling({.scale = {0.5, 2.0, 1.0}, .offset = -1.0, .dtype = f64}), {kImage}, kImage},
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
  };
}

TEST(LayerContract, IsKeptByEveryLayer) {
  for (const Line& line : lines()) testing::expect_layer_contract(line.layer, line.inputs, line.output);
}

TEST(LayerContract, HasALineForEveryClassOfTheRegistry) {
  // An input has no call of its own; the other is a second name of SeparableConv2D; models have their own
  // tests.
  std::set<std::string> covered{"InputLayer", "SeparableConvolution2D", "Functional", "Model", "Sequential"};
  for (const Line& line : lines()) covered.insert(line.class_name);
  for (const std::string& name : registered_layers()) EXPECT_TRUE(covered.contains(name)) << name;
}

}  // namespace
}  // namespace sepal
