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
      {"AveragePooling2D", row<AveragePooling2DLayer>()},
      {"BatchNormalization", row<BatchNormalizationLayer>()},
      {"Concatenate", row<ConcatenateLayer>()},
      {"Conv2D", row<Conv2DLayer>({"lora_rank", "lora_alpha"})},
      {"Dense", row<DenseLayer>({"quantization_config", "lora_rank", "lora_alpha"})},
      {"DepthwiseConv2D", row<DepthwiseConv2DLayer>()},
      {"Dropout", row<DropoutLayer>()},
      {"ELU", row<ELULayer>()},
      {"Flatten", row<FlattenLayer>()},
      {"GlobalAveragePooling2D", row<GlobalAveragePooling2DLayer>()},
      {"GlobalMaxPooling2D", row<GlobalMaxPooling2DLayer>()},
      {"InputLayer", &InputLayer::from_config},
      {"LeakyReLU", row<LeakyReLULayer>()},
      {"MaxPooling2D", row<MaxPooling2DLayer>()},
      {"Maximum", row<MaximumLayer>()},
      {"Minimum", row<MinimumLayer>()},
      {"Multiply", row<MultiplyLayer>()},
      {"PReLU", row<PReLULayer>()},
      {"ReLU", row<ReLULayer>()},
      {"Rescaling", row<RescalingLayer>()},
      {"SeparableConv2D", row<SeparableConv2DLayer>()},
      {"SeparableConvolution2D", row<SeparableConv2DLayer>()},
      {"Softmax", row<SoftmaxLayer>()},
      {"Subtract", row<SubtractLayer>()},
  };
}

}  // namespace sepal
