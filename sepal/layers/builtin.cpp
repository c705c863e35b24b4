#include "sepal/layers/builtin.h"

#include "sepal/layers/layers.h"
#include "sepal/layers/operations/operation_rows.h"

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
  std::map<std::string, LayerFactory> rows = {
      {"Activation", row<ActivationLayer>()},
      {"ActivityRegularization", row<ActivityRegularizationLayer>()},
      {"AdaptiveAveragePooling1D", row<AdaptiveAveragePooling1DLayer>()},
      {"AdaptiveAveragePooling2D", row<AdaptiveAveragePooling2DLayer>()},
      {"AdaptiveAveragePooling3D", row<AdaptiveAveragePooling3DLayer>()},
      {"AdaptiveMaxPooling1D", row<AdaptiveMaxPooling1DLayer>()},
      {"AdaptiveMaxPooling2D", row<AdaptiveMaxPooling2DLayer>()},
      {"AdaptiveMaxPooling3D", row<AdaptiveMaxPooling3DLayer>()},
      {"Add", row<AddLayer>()},
      {"AdditiveAttention", row<AdditiveAttentionLayer>()},
      {"AlphaDropout", row<AlphaDropoutLayer>()},
      {"Attention", row<AttentionLayer>()},
      {"Average", row<AverageLayer>()},
      {"AveragePooling1D", row<AveragePooling1DLayer>()},
      {"AveragePooling2D", row<AveragePooling2DLayer>()},
      {"AveragePooling3D", row<AveragePooling3DLayer>()},
      {"BatchNormalization", row<BatchNormalizationLayer>()},
      {"CategoryEncoding", row<CategoryEncodingLayer>({"sparse"})},
      {"CenterCrop", row<CenterCropLayer>({"bounding_box_format"})},
      {"Concatenate", row<ConcatenateLayer>()},
      {"Conv1D", row<Conv1DLayer>()},
      {"Conv1DTranspose", row<Conv1DTransposeLayer>()},
      {"Conv2D", row<Conv2DLayer>()},
      {"Conv2DTranspose", row<Conv2DTransposeLayer>()},
      {"Conv3D", row<Conv3DLayer>()},
      {"Conv3DTranspose", row<Conv3DTransposeLayer>()},
      {"Cropping1D", row<Cropping1DLayer>()},
      {"Cropping2D", row<Cropping2DLayer>()},
      {"Cropping3D", row<Cropping3DLayer>()},
      {"CustomScaleLayer", row<CustomScaleLayer>()},
      {"Dense", row<DenseLayer>({"quantization_config"})},
      {"DepthwiseConv1D", row<DepthwiseConv1DLayer>()},
      {"DepthwiseConv2D", row<DepthwiseConv2DLayer>()},
      {"Dot", row<DotLayer>()},
      {"Dropout", row<DropoutLayer>()},
      {"ELU", row<ELULayer>()},
      {"EinsumDense", row<EinsumDenseLayer>(
                          {"quantization_config", "lora_rank", "lora_alpha", "gptq_unpacked_column_size"})},
      {"Embedding", row<EmbeddingLayer>({"quantization_config", "input_length"})},
      {"Flatten", row<FlattenLayer>()},
      {"GaussianDropout", row<GaussianDropoutLayer>()},
      {"GaussianNoise", row<GaussianNoiseLayer>()},
      {"GlobalAveragePooling1D", row<GlobalAveragePooling1DLayer>()},
      {"GlobalAveragePooling2D", row<GlobalAveragePooling2DLayer>()},
      {"GlobalAveragePooling3D", row<GlobalAveragePooling3DLayer>()},
      {"GlobalMaxPooling1D", row<GlobalMaxPooling1DLayer>()},
      {"GlobalMaxPooling2D", row<GlobalMaxPooling2DLayer>()},
      {"GlobalMaxPooling3D", row<GlobalMaxPooling3DLayer>()},
      {"GroupNormalization", row<GroupNormalizationLayer>()},
      {"Identity", row<IdentityLayer>()},
      {"InputLayer", &InputLayer::from_config},
      {"LayerNormalization", row<LayerNormalizationLayer>()},
      {"LayerScale", row<LayerScaleLayer>()},
      {"LeakyReLU", row<LeakyReLULayer>()},
      {"Masking", row<MaskingLayer>()},
      {"MaxPooling1D", row<MaxPooling1DLayer>()},
      {"MaxPooling2D", row<MaxPooling2DLayer>()},
      {"MaxPooling3D", row<MaxPooling3DLayer>()},
      {"Maximum", row<MaximumLayer>()},
      {"Minimum", row<MinimumLayer>()},
      {"MultiHeadAttention", row<MultiHeadAttentionLayer>({"flash_attention"})},
      {"Multiply", row<MultiplyLayer>()},
      {"Normalization", row<NormalizationLayer>()},
      {"PReLU", row<PReLULayer>()},
      {"Permute", row<PermuteLayer>()},
      {"RandomBrightness", row<RandomBrightnessLayer>({"bounding_box_format"})},
      {"RandomContrast", row<RandomContrastLayer>({"bounding_box_format"})},
      {"RandomCrop", row<RandomCropLayer>({"bounding_box_format"})},
      {"RandomFlip", row<RandomFlipLayer>({"bounding_box_format"})},
      {"RandomRotation", row<RandomRotationLayer>({"bounding_box_format"})},
      {"RandomTranslation", row<RandomTranslationLayer>({"bounding_box_format"})},
      {"RMSNormalization", row<RMSNormalizationLayer>()},
      {"RandomZoom", row<RandomZoomLayer>({"bounding_box_format"})},
      {"ReLU", row<ReLULayer>()},
      {"RepeatVector", row<RepeatVectorLayer>()},
      {"Rescaling", row<RescalingLayer>()},
      {"Reshape", row<ReshapeLayer>()},
      {"Resizing", row<ResizingLayer>({"bounding_box_format"})},
      {"SeparableConv1D", row<SeparableConv1DLayer>()},
      {"SeparableConv2D", row<SeparableConv2DLayer>()},
      {"SeparableConvolution1D", row<SeparableConv1DLayer>()},
      {"SeparableConvolution2D", row<SeparableConv2DLayer>()},
      {"Softmax", row<SoftmaxLayer>()},
      {"SpatialDropout1D", row<SpatialDropout1DLayer>({"noise_shape"})},
      {"SpatialDropout2D", row<SpatialDropout2DLayer>({"noise_shape"})},
      {"SpatialDropout3D", row<SpatialDropout3DLayer>({"noise_shape"})},
      {"SpectralNormalization", row<SpectralNormalizationLayer>()},
      {"StochasticDepth", row<StochasticDepthLayer>()},
      {"Subtract", row<SubtractLayer>()},
      {"TimeDistributed", row<TimeDistributedLayer>()},
      {"UnitNormalization", row<UnitNormalizationLayer>()},
      {"UpSampling1D", row<UpSampling1DLayer>()},
      {"UpSampling2D", row<UpSampling2DLayer>()},
      {"UpSampling3D", row<UpSampling3DLayer>()},
      {"ZeroPadding1D", row<ZeroPadding1DLayer>()},
      {"ZeroPadding2D", row<ZeroPadding2DLayer>()},
      {"ZeroPadding3D", row<ZeroPadding3DLayer>()},
  };
  add_operation_rows(rows);
  add_still_augmentations(rows);
  return rows;
}

}  // namespace sepal
