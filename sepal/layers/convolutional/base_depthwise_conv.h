// What DepthwiseConv1D and DepthwiseConv2D have in common: each channel is convolved by itself.
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/kept_weights.h"

namespace sepal {

struct DepthwiseConvOptions {
  IntTuple kernel_size = {};
  IntTuple strides = 1;
  std::string padding = "valid";
  /// Outputs of each input channel.
  std::int64_t depth_multiplier = 1;
  std::string data_format = {};
  IntTuple dilation_rate = 1;
  ActivationFunction activation = nullptr;
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint depthwise_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};
  /// As in SeparableConvOptions.
  bool allow_strides_with_dilation = false;

  static constexpr std::initializer_list<const char*> kRequired = {"kernel_size"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("depth_multiplier", o.depth_multiplier);
    v("kernel_size", o.kernel_size);
    v("strides", o.strides);
    v("padding", o.padding);
    v("data_format", o.data_format);
    v("dilation_rate", o.dilation_rate);
    v("activation", o.activation);
    v("use_bias", o.use_bias);
    v("depthwise_initializer", o.depthwise_initializer);
    v("bias_initializer", o.bias_initializer);
    v("depthwise_regularizer", o.depthwise_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("depthwise_constraint", o.depthwise_constraint);
    v("bias_constraint", o.bias_constraint);
  }
};

/// Weights: kernel (window, channels, depth_multiplier), bias (channels * depth_multiplier,).
class BaseDepthwiseConvLayer : public ConfiguredLayer<DepthwiseConvOptions> {
 protected:
  /// @throws ValueError naming the argument that breaks its rule.
  BaseDepthwiseConvLayer(const char* class_name, std::size_t axes, Options options);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

  const Variable& kernel() const { return kernel_; }
  const Variable& bias() const { return bias_; }
  ops::KeptWeights kept_weights();

 private:
  Variable kernel_;
  Variable bias_;
  ops::WeightCache packed_weights_;
};

}  // namespace sepal
