#include "sepal/layers/builtin.h"

#include "sepal/layers/layers.h"

namespace sepal {
namespace {

template <class L>
LayerFactory row(std::vector<const char*> idle_keys = {}) {
  return [idle_keys = std::move(idle_keys)](const Json& config, const std::string& owner) {
    return configured_layer_from<L>(config, owner, idle_keys);
  };
}

}  // namespace

std::map<std::string, LayerFactory> builtin_layers() {
  return {
      {"Activation", row<ActivationLayer>()},
      {"Add", row<AddLayer>()},
      {"Average", row<AverageLayer>()},
      {"AveragePooling1D", row<AveragePooling1DLayer>()},
      {"AveragePooling2D", row<AveragePooling2DLayer>()},
      {"AveragePooling3D", row<AveragePooling3DLayer>()},
      {"BatchNormalization", row<BatchNormalizationLayer>()},
      {"Concatenate", row<ConcatenateLayer>()},
      {"Conv1D", row<Conv1DLayer>({"lora_rank", "lora_alpha"})},
      {"Conv1DTranspose", row<Conv1DTransposeLayer>()},
      {"Conv2D", row<Conv2DLayer>({"lora_rank", "lora_alpha"})},
      {"Conv2DTranspose", row<Conv2DTransposeLayer>()},
      {"Conv3D", row<Conv3DLayer>({"lora_rank", "lora_alpha"})},
      {"Conv3DTranspose", row<Conv3DTransposeLayer>()},
      {"Dense", row<DenseLayer>({"quantization_config", "lora_rank", "lora_alpha"})},
      {"DepthwiseConv1D", row<DepthwiseConv1DLayer>()},
      {"DepthwiseConv2D", row<DepthwiseConv2DLayer>()},
      {"Dot", row<DotLayer>()},
      {"Dropout", row<DropoutLayer>()},
      {"ELU", row<ELULayer>()},
      {"Flatten", row<FlattenLayer>()},
      {"GlobalAveragePooling1D", row<GlobalAveragePooling1DLayer>()},
      {"GlobalAveragePooling2D", row<GlobalAveragePooling2DLayer>()},
      {"GlobalAveragePooling3D", row<GlobalAveragePooling3DLayer>()},
      {"GlobalMaxPooling1D", row<GlobalMaxPooling1DLayer>()},
      {"GlobalMaxPooling2D", row<GlobalMaxPooling2DLayer>()},
      {"GlobalMaxPooling3D", row<GlobalMaxPooling3DLayer>()},
      {"GroupNormalization", row<GroupNormalizationLayer>()},
      {"InputLayer", &InputLayer::from_config},
      {"LayerNormalization", row<LayerNormalizationLayer>()},
      {"LeakyReLU", row<LeakyReLULayer>()},
      {"MaxPooling1D", row<MaxPooling1DLayer>()},
      {"MaxPooling2D", row<MaxPooling2DLayer>()},
      {"MaxPooling3D", row<MaxPooling3DLayer>()},
      {"Maximum", row<MaximumLayer>()},
      {"Minimum", row<MinimumLayer>()},
      {"Multiply", row<MultiplyLayer>()},
      {"PReLU", row<PReLULayer>()},
      {"ReLU", row<ReLULayer>()},
      {"Rescaling", row<RescalingLayer>()},
      {"SeparableConv1D", row<SeparableConv1DLayer>()},
      {"SeparableConv2D", row<SeparableConv2DLayer>()},
      {"SeparableConvolution1D", row<SeparableConv1DLayer>()},
      {"SeparableConvolution2D", row<SeparableConv2DLayer>()},
      {"Softmax", row<SoftmaxLayer>()},
      {"Subtract", row<SubtractLayer>()},
      {"UnitNormalization", row<UnitNormalizationLayer>()},
  };
}

}  // namespace sepal
