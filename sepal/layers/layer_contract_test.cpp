// Every layer of the registry keeps the contract: a class without a line here fails the last test.
#include "tests/support/layer_contract.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
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
      {"ActivityRegularization",
       ActivityRegularization({.l1 = 0.1, .l2 = 0.2, .dtype = f64}),
       {kImage},
       kImage},
      {"AdaptiveAveragePooling1D",
       AdaptiveAveragePooling1D({.output_size = 3, .dtype = f64}),
       {kSteps},
       {2, 3, 3}},
      {"AdaptiveAveragePooling2D",
       AdaptiveAveragePooling2D({.output_size = {2, 6}, .data_format = "channels_first", .dtype = f64}),
       {kChannelsFirst},
       {2, 3, 2, 6}},
      {"AdaptiveAveragePooling3D",
       AdaptiveAveragePooling3D({.output_size = {2, 3, 1}, .dtype = f64}),
       {kVolume},
       {2, 2, 3, 1, 2}},
      {"AdaptiveMaxPooling1D",
       AdaptiveMaxPooling1D({.output_size = 2, .data_format = "channels_first", .dtype = f64}),
       {kSteps},
       {2, 7, 2}},
      {"AdaptiveMaxPooling2D",
       AdaptiveMaxPooling2D({.output_size = {3, 2}, .dtype = f64}),
       {kImage},
       {2, 3, 2, 3}},
      {"AdaptiveMaxPooling3D",
       AdaptiveMaxPooling3D({.output_size = 2, .dtype = f64}),
       {kVolume},
       {2, 2, 2, 2, 2}},
      {"Add", Add({.dtype = f64}), {{2, 3, 4}, {2, 3, 1}}, {2, 3, 4}},
      {"AlphaDropout", AlphaDropout({.rate = 0.5, .dtype = f64}), {kImage}, kImage},
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
      {"CenterCrop", CenterCrop({.height = 2, .width = 3, .dtype = f64}), {kImage}, {2, 2, 3, 3}},
      {"CenterCrop",
       CenterCrop({.height = 7, .width = 3, .data_format = "channels_first", .dtype = f64}),
       {kChannelsFirst},
       {2, 3, 7, 3}},
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
      {"Cropping1D", Cropping1D({.cropping = {1, 2}, .dtype = f64}), {{2, 5, 3}}, {2, 2, 3}},
      {"Cropping2D",
       Cropping2D({.cropping = {{1, 2}, {0, 3}}, .data_format = "channels_first", .dtype = f64}),
       {kChannelsFirst},
       {2, 3, 2, 3}},
      {"Cropping3D", Cropping3D({.dtype = f64}), {{1, 3, 4, 5, 2}}, {1, 1, 2, 3, 2}},
      {"CustomScaleLayer",
       Ref<Layer>(std::make_shared<CustomScaleLayer>(CustomScaleLayerOptions{.scale = 0.5, .dtype = f64})),
       {{2, 3}, {2, 3}},
       {2, 3}},
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
      {"GaussianDropout", GaussianDropout({.rate = 0.5, .dtype = f64}), {kImage}, kImage},
      {"GaussianNoise", GaussianNoise({.stddev = 0.5, .dtype = f64}), {kImage}, kImage},
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
      {"Identity", Identity({.dtype = f64}), {kImage}, kImage},
      {"LayerNormalization",
       LayerNormalization({.axis = {1, -1}, .dtype = f64}),
       {{2, 3, 2, 2}},
       {2, 3, 2, 2}},
      {"LayerNormalization", LayerNormalization({.rms_scaling = true, .dtype = f64}), {{2, 5}}, {2, 5}},
      {"LayerScale", LayerScale({.init_values = 0.5, .projection_dim = 3, .dtype = f64}), {kImage}, kImage},
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
      {"AdditiveAttention", AdditiveAttention({.dtype = f64}), {{2, 3, 4}, {2, 5, 4}}, {2, 3, 4}},
      {"Attention",
       Attention({.use_scale = true, .score_mode = "concat", .dtype = f64}),
       {{2, 3, 4}, {2, 5, 6}, {2, 5, 4}},
       {2, 3, 6}},
      {"EinsumDense",
       EinsumDense({.equation = "...x,xy->...y",
                    .output_shape = 5,
                    .activation = "tanh",
                    .bias_axes = "y",
                    .dtype = f64}),
       {{2, 3, 4}},
       {2, 3, 5}},
      {"MultiHeadAttention",
       MultiHeadAttention({.num_heads = 2, .key_dim = 3, .value_dim = 2, .dtype = f64}),
       {{2, 3, 4}, {2, 5, 6}},
       {2, 3, 4}},
      {"MultiHeadAttention",
       MultiHeadAttention(
           {.num_heads = 2, .key_dim = 2, .attention_axes = IntTuple{2}, .use_gate = true, .dtype = f64}),
       {{2, 2, 3, 4}, {2, 2, 4, 3}},
       {2, 2, 3, 4}},
      {"Masking", Masking({.mask_value = 0.5, .dtype = f64}), {{2, 3, 4}}, {2, 3, 4}},
      {"Maximum", Maximum({.dtype = f64}), {{2, 3}, {2, 3}}, {2, 3}},
      {"Minimum", Minimum({.dtype = f64}), {{2, 3}, {2, 3}}, {2, 3}},
      {"Multiply", Multiply({.dtype = f64}), {kImage, {2, 3}}, kImage},
      {"Normalization", Normalization({.axis = IntTuple{1, -1}, .dtype = f64}), {{2, 3, 4}}, {2, 3, 4}},
      {"Normalization",
       Normalization({.axis = std::nullopt, .mean = 0.5, .variance = 2.0, .invert = true, .dtype = f64}),
       {{2, 3}},
       {2, 3}},
      {"PReLU", PReLU({.shared_axes = {1, 2}, .dtype = f64}), {kImage}, kImage},
      {"Permute", Permute({.dims = {3, 1, 2}, .dtype = f64}), {kImage}, {2, 3, 5, 6}},
      {"RandomBrightness", RandomBrightness({.factor = 0.2, .dtype = f64}), {kImage}, kImage},
      {"RandomContrast", RandomContrast({.factor = {0.2, 0.3}, .dtype = f64}), {kImage}, kImage},
      {"RandomCrop", RandomCrop({.height = 4, .width = 3, .dtype = f64}), {kImage}, {2, 4, 3, 3}},
      {"RandomFlip", RandomFlip({.mode = "horizontal", .dtype = f64}), {kImage}, kImage},
      {"RandomRotation", RandomRotation({.factor = 0.2, .dtype = f64}), {kImage}, kImage},
      {"RandomTranslation",
       RandomTranslation({.height_factor = 0.2, .width_factor = {-0.1, 0.2}, .dtype = f64}),
       {kImage},
       kImage},
      {"RMSNormalization", RMSNormalization({.axis = {2, 3}, .dtype = f64}), {{2, 3, 2, 2}}, {2, 3, 2, 2}},
      {"RandomZoom",
       RandomZoom({.height_factor = 0.2, .data_format = "channels_first", .dtype = f64}),
       {kChannelsFirst},
       kChannelsFirst},
      {"ReLU",
       ReLU({.max_value = 1.0, .negative_slope = 0.1, .threshold = 0.25, .dtype = f64}),
       {kImage},
       kImage},
      {"RepeatVector", RepeatVector({.n = 3, .dtype = f64}), {{2, 4}}, {2, 3, 4}},
      {"Rescaling", Rescaling({.scale = {0.5, 2.0, 1.0}, .offset = -1.0, .dtype = f64}), {kImage}, kImage},
      {"Reshape", Reshape({.target_shape = {3, -1}, .dtype = f64}), {{2, 3, 4}}, {2, 3, 4}},
      {"Resizing",
       Resizing({.height = 4, .width = 9, .crop_to_aspect_ratio = true, .dtype = f64}),
       {kImage},
       {2, 4, 9, 3}},
      {"Resizing",
       Resizing({.height = 9,
                 .width = 4,
                 .interpolation = "nearest",
                 .pad_to_aspect_ratio = true,
                 .fill_value = 0.5,
                 .data_format = "channels_first",
                 .dtype = f64}),
       {kChannelsFirst},
       {2, 3, 9, 4}},
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
      {"SpatialDropout1D", SpatialDropout1D({.rate = 0.5, .dtype = f64}), {{2, 3, 4}}, {2, 3, 4}},
      {"SpatialDropout2D", SpatialDropout2D({.rate = 0.5, .dtype = f64}), {kImage}, kImage},
      {"SpatialDropout3D", SpatialDropout3D({.rate = 0.5, .dtype = f64}), {{1, 2, 3, 2, 2}}, {1, 2, 3, 2, 2}},
      {"SpectralNormalization",
       SpectralNormalization({.layer = Dense({.units = 2, .dtype = f64}), .dtype = f64}),
       {{2, 4}},
       {2, 2}},
      {"StochasticDepth", StochasticDepth({.drop_path_rate = 0.5, .dtype = f64}), {kImage}, kImage},
      {"Subtract", Subtract({.dtype = f64}), {{2, 3}, {2, 1}}, {2, 3}},
      {"TimeDistributed",
       TimeDistributed({.layer = Dense({.units = 2, .dtype = f64}), .dtype = f64}),
       {{2, 3, 4}},
       {2, 3, 2}},
      {"UnitNormalization", UnitNormalization({.axis = {1, 2}, .dtype = f64}), {{2, 3, 2, 2}}, {2, 3, 2, 2}},
      {"UpSampling1D", UpSampling1D({.size = 3, .dtype = f64}), {{2, 3, 2}}, {2, 9, 2}},
      {"UpSampling2D",
       UpSampling2D({.size = {2, 3}, .data_format = "channels_first", .dtype = f64}),
       {kChannelsFirst},
       {2, 3, 10, 18}},
      {"UpSampling2D",
       UpSampling2D({.interpolation = "bilinear", .dtype = f64}),
       {{1, 3, 4, 2}},
       {1, 6, 8, 2}},
      {"UpSampling3D", UpSampling3D({.size = {1, 2, 3}, .dtype = f64}), {{1, 2, 2, 2, 2}}, {1, 2, 4, 6, 2}},
      {"ZeroPadding1D", ZeroPadding1D({.padding = {1, 2}, .dtype = f64}), {{2, 3, 2}}, {2, 6, 2}},
      {"ZeroPadding2D",
       ZeroPadding2D({.padding = {2, 1}, .data_format = "channels_first", .dtype = f64}),
       {kChannelsFirst},
       {2, 3, 9, 8}},
      {"ZeroPadding3D", ZeroPadding3D({.dtype = f64}), {{1, 1, 2, 1, 2}}, {1, 3, 4, 3, 2}},
  };
}

// Layers that exist as files have them.
std::vector<Line> lines_of_files() {
  std::vector<Line> result;
  for (const char* name :
       {"AugMix", "CutMix", "MixUp", "RandAugment", "RandomColorDegeneration", "RandomColorJitter",
        "RandomElasticTransform", "RandomErasing", "RandomGaussianBlur", "RandomGrayscale", "RandomHue",
        "RandomInvert", "RandomPerspective", "RandomPosterization", "RandomSaturation", "RandomSharpness",
        "RandomShear", "Solarization"}) {
    result.push_back({name, Ref<Layer>(layer_from_config(name, {{"dtype", "float64"}})), {kImage}, kImage});
  }
  return result;
}

std::vector<Line> all_lines() {
  std::vector<Line> all = lines();
  for (Line& line : lines_of_files()) all.push_back(std::move(line));
  return all;
}

TEST(LayerContract, IsKeptByEveryLayer) {
  for (const Line& line : all_lines()) testing::expect_layer_contract(line.layer, line.inputs, line.output);
}

TEST(LayerContract, IsKeptInSixteenBits) {
  for (const Line& line : all_lines()) {
    line.layer->build_for(line.inputs);
    // SpatialDropout writes its dtype in place of its policy, as Keras does: a file makes it a float32 layer.
    // The layer inside of a wrapper has a policy of its own.
    const std::string name = line.class_name;
    if (name.starts_with("SpatialDropout") || name == "TimeDistributed" || name == "SpectralNormalization")
      continue;
    testing::expect_half_precision_contract(line.layer, line.inputs);
  }
}

TEST(LayerContract, HasALineForEveryClassOfTheRegistry) {
  // An input has no call of its own, inputs of an embedding and of an encoding are whole numbers; models have
  // their own tests. Others are second names.
  std::set<std::string> covered{
      "CategoryEncoding",       "Embedding",  "InputLayer", "SeparableConvolution1D",
      "SeparableConvolution2D", "Functional", "Model",      "Sequential"};
  for (const Line& line : all_lines()) covered.insert(line.class_name);
  for (const std::string& name : registered_layers()) {
    // Operations ("module>Class") have tests of their own.
    EXPECT_TRUE(covered.contains(name) || name.find('>') != std::string::npos) << name;
  }
}

}  // namespace
}  // namespace sepal
