#include "sepal/models/frozen_layers.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <typeindex>

#include "sepal/layers/activations/activation.h"
#include "sepal/layers/activations/leaky_relu.h"
#include "sepal/layers/activations/relu.h"
#include "sepal/layers/activations/softmax.h"
#include "sepal/layers/convolutional/conv2d.h"
#include "sepal/layers/convolutional/conv_arguments.h"
#include "sepal/layers/convolutional/depthwise_conv2d.h"
#include "sepal/layers/convolutional/separable_conv2d.h"
#include "sepal/layers/core/dense.h"
#include "sepal/layers/core/identity.h"
#include "sepal/layers/merging/concatenate.h"
#include "sepal/layers/merging/merge.h"
#include "sepal/layers/normalization/batch_normalization.h"
#include "sepal/layers/pooling/average_pooling.h"
#include "sepal/layers/pooling/global_average_pooling.h"
#include "sepal/layers/pooling/max_pooling.h"
#include "sepal/layers/regularization/activity_regularization.h"
#include "sepal/layers/regularization/alpha_dropout.h"
#include "sepal/layers/regularization/dropout.h"
#include "sepal/layers/regularization/gaussian_dropout.h"
#include "sepal/layers/regularization/gaussian_noise.h"
#include "sepal/layers/regularization/spatial_dropout.h"
#include "sepal/layers/reshaping/cropping.h"
#include "sepal/layers/reshaping/flatten.h"
#include "sepal/layers/reshaping/reshape.h"
#include "sepal/layers/reshaping/zero_padding.h"

namespace sepal::frozen {
namespace {

using Works = std::vector<Work>;

// The values of a layer's own weights in the order of their creation.
Tensors values_of(const Layer& layer) {
  Tensors values;
  for (const Variable& weight : layer.own_weights()) values.push_back(weight.value());
  return values;
}

/// `work`, then the activation: in it, or behind it if it is one that the plan does not apply in place.
template <class W>
Works with_activation(W work, const ActivationFunction& function) {
  const std::optional<Activation> activation = activation_of(function);
  if (activation) {
    work.activation = *activation;
    return {std::move(work)};
  }
  if (function.name() == "softmax" && !function.layer() && function.registered_name().empty()) {
    return {std::move(work), Softmax{}};
  }
  return {};
}

template <class Options>
ops::Conv2DOptions conv_options_of(const Options& options) {
  return {.stride_h = options.strides[0],
          .stride_w = options.strides[1],
          .dilation_h = options.dilation_rate[0],
          .dilation_w = options.dilation_rate[1],
          .padding = ops::padding_from_name(options.padding),
          .channels_first = options.data_format == "channels_first"};
}

Works conv2d(const Conv2DLayer& layer, const Shapes&) {
  const Tensors weights = values_of(layer);
  Convolution work{.kind = Convolution::Kind::conv,
                   .kernel = layer.merged_weight(DType::float32),
                   .bias = layer.options().use_bias ? weights[1] : Tensor(),
                   .options = conv_options_of(layer.options())};
  work.options.groups = layer.options().groups;
  return with_activation(std::move(work), layer.options().activation);
}

Works depthwise_conv2d(const DepthwiseConv2DLayer& layer, const Shapes&) {
  expect_strides_that_run(layer.options().strides);
  const Tensors weights = values_of(layer);
  return with_activation(Convolution{.kind = Convolution::Kind::depthwise,
                                     .depthwise = weights[0],
                                     .bias = layer.options().use_bias ? weights[1] : Tensor(),
                                     .options = conv_options_of(layer.options())},
                         layer.options().activation);
}

Works separable_conv2d(const SeparableConv2DLayer& layer, const Shapes&) {
  expect_strides_that_run(layer.options().strides);
  const Tensors weights = values_of(layer);
  return with_activation(Convolution{.kind = Convolution::Kind::separable,
                                     .depthwise = weights[0],
                                     .kernel = weights[1],
                                     .bias = layer.options().use_bias ? weights[2] : Tensor(),
                                     .options = conv_options_of(layer.options())},
                         layer.options().activation);
}

Works dense(const DenseLayer& layer, const Shapes&) {
  const Tensors weights = values_of(layer);
  return with_activation(Convolution{.kind = Convolution::Kind::dense,
                                     .kernel = layer.merged_weight(DType::float32),
                                     .bias = layer.options().use_bias ? weights[1] : Tensor()},
                         layer.options().activation);
}

Works batch_normalization(const BatchNormalizationLayer& layer, const Shapes& shapes) {
  const BatchNormalizationOptions& options = layer.options();
  const Tensors weights = values_of(layer);
  const std::size_t learned = (options.scale ? 1 : 0) + (options.center ? 1 : 0);
  const Tensor& mean = weights[learned];
  const Tensor& variance = weights[learned + 1];
  const Tensor gamma = options.scale ? weights[0] : Tensor();
  Tensor scale(variance.shape());
  float* scales = scale.mutable_data<float>();
  for (std::int64_t c = 0; c < variance.num_elements(); ++c) {
    // Rounded as ops::batch_norm_inference rounds.
    const auto inverse = static_cast<float>(1.0 / std::sqrt(variance.at(c) + options.epsilon));
    scales[c] = gamma.defined() ? inverse * gamma.data<float>()[c] : inverse;
  }
  const Tensor shift = options.center ? weights[options.scale ? 1 : 0] : Tensor::zeros(variance.shape());
  return {Normalization{{mean, scale, shift}, normalize_axis(options.axis, shapes[0].rank())}};
}

Works activation(const ActivationLayer& layer, const Shapes&) {
  const ActivationFunction& function = layer.options().activation;
  if (function.is_linear()) return {View{}};
  if (const auto known = activation_of(function)) return {Elementwise{*known}};
  const bool is_softmax =
      function.name() == "softmax" && !function.layer() && function.registered_name().empty();
  return is_softmax ? Works{Softmax{}} : Works{};
}

Works relu(const ReLULayer& layer, const Shapes&) {
  const ReLUOptions& o = layer.options();
  if (o.threshold != 0.0) return {};
  if (o.max_value) {
    if (*o.max_value != 6.0 || o.negative_slope != 0.0) return {};
    return {Elementwise{{Activation::Kind::relu6}}};
  }
  if (o.negative_slope == 0.0) return {Elementwise{{Activation::Kind::relu}}};
  return {Elementwise{{Activation::Kind::leaky_relu, static_cast<float>(o.negative_slope)}}};
}

Works leaky_relu(const LeakyReLULayer& layer, const Shapes&) {
  return {Elementwise{{Activation::Kind::leaky_relu, static_cast<float>(layer.options().negative_slope)}}};
}

Works softmax(const SoftmaxLayer& layer, const Shapes& shapes) {
  const IntTuple& axis = layer.options().axis;
  const bool is_last = axis.size() == 1 && normalize_axis(axis[0], shapes[0].rank()) == shapes[0].rank() - 1;
  return is_last ? Works{Softmax{}} : Works{};
}

Works concatenate(const ConcatenateLayer& layer, const Shapes&) {
  return {Concatenation{layer.options().axis}};
}

Works pooling(const BasePoolingLayer& layer, bool takes_maximum) {
  const PoolingOptions& o = layer.options();
  return {Pooling{takes_maximum,
                  {.pool_h = o.pool_size[0],
                   .pool_w = o.pool_size[1],
                   .stride_h = o.strides[0],
                   .stride_w = o.strides[1],
                   .padding = ops::padding_from_name(o.padding),
                   .channels_first = o.data_format == "channels_first"}}};
}

Works global_average(const GlobalAveragePooling2DLayer& layer, const Shapes&) {
  return {GlobalAverage{layer.options().data_format == "channels_first"}};
}

Works frame(const SpatialPairs& pairs, std::int64_t sign, const std::string& data_format) {
  const auto [top, bottom] = pairs[0];
  const auto [left, right] = pairs[1];
  return {Frame{{sign * top, sign * bottom, sign * left, sign * right}, data_format == "channels_first"}};
}

Works flatten(const FlattenLayer& layer, const Shapes& shapes) {
  const bool moves = layer.options().data_format == "channels_first" && shapes[0].rank() > 2;
  return moves ? Works{} : Works{View{}};
}

Works merge(Merge::Kind kind, const Shapes& shapes) {
  return shapes.size() < 2 ? Works{} : Works{Merge{kind}};
}

using Rule = std::function<Works(const Layer&, const Shapes&)>;

template <class L>
std::pair<const std::type_index, Rule> row(Works (*works)(const L&, const Shapes&)) {
  return {typeid(L), [works](const Layer& layer, const Shapes& shapes) {
            return works(static_cast<const L&>(layer), shapes);
          }};
}

template <class L>
std::pair<const std::type_index, Rule> merge_row(Merge::Kind kind) {
  return {typeid(L), [kind](const Layer&, const Shapes& shapes) { return merge(kind, shapes); }};
}

// Layers that hand their input on in inference.
template <class... L>
void add_identities(std::map<std::type_index, Rule>& rules) {
  (rules.emplace(typeid(L), [](const Layer&, const Shapes&) { return Works{View{}}; }), ...);
}

std::map<std::type_index, Rule> make_rules() {
  std::map<std::type_index, Rule> rules = {
      row<Conv2DLayer>(conv2d),
      row<DepthwiseConv2DLayer>(depthwise_conv2d),
      row<SeparableConv2DLayer>(separable_conv2d),
      row<DenseLayer>(dense),
      row<BatchNormalizationLayer>(batch_normalization),
      row<ActivationLayer>(activation),
      row<ReLULayer>(relu),
      row<LeakyReLULayer>(leaky_relu),
      row<SoftmaxLayer>(softmax),
      row<ConcatenateLayer>(concatenate),
      row<MaxPooling2DLayer>([](const MaxPooling2DLayer& l, const Shapes&) { return pooling(l, true); }),
      row<AveragePooling2DLayer>(
          [](const AveragePooling2DLayer& l, const Shapes&) { return pooling(l, false); }),
      row<GlobalAveragePooling2DLayer>(global_average),
      row<ZeroPadding2DLayer>([](const ZeroPadding2DLayer& l, const Shapes&) {
        return frame(l.options().padding, 1, l.options().data_format);
      }),
      row<Cropping2DLayer>([](const Cropping2DLayer& l, const Shapes&) {
        return frame(l.options().cropping, -1, l.options().data_format);
      }),
      row<FlattenLayer>(flatten),
      row<ReshapeLayer>([](const ReshapeLayer&, const Shapes&) { return Works{View{}}; }),
      merge_row<AddLayer>(Merge::Kind::add),
      merge_row<SubtractLayer>(Merge::Kind::subtract),
      merge_row<MultiplyLayer>(Merge::Kind::multiply),
      merge_row<AverageLayer>(Merge::Kind::average),
      merge_row<MaximumLayer>(Merge::Kind::maximum),
      merge_row<MinimumLayer>(Merge::Kind::minimum),
  };
  add_identities<IdentityLayer, DropoutLayer, AlphaDropoutLayer, GaussianDropoutLayer, GaussianNoiseLayer,
                 SpatialDropout1DLayer, SpatialDropout2DLayer, SpatialDropout3DLayer,
                 ActivityRegularizationLayer>(rules);
  return rules;
}

}  // namespace

std::vector<Work> works_of(Layer& layer, const Shapes& input_shapes) {
  static const std::map<std::type_index, Rule> rules = make_rules();
  const auto rule = rules.find(typeid(layer));
  if (rule == rules.end() || layer.dtype_policy().name() != "float32") return {};
  const std::vector<Variable> weights = layer.own_weights();
  const bool all_float32 = std::all_of(weights.begin(), weights.end(), [](const Variable& weight) {
    return weight.dtype() == DType::float32;
  });
  return all_float32 ? rule->second(layer, input_shapes) : std::vector<Work>();
}

}  // namespace sepal::frozen
