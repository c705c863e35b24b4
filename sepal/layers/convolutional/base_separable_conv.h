// What SeparableConv1D and SeparableConv2D have in common: a depthwise convolution, then a convolution with a
// window of 1 that mixes channels (Chollet 2017, "Xception: Deep learning with depthwise separable
// convolutions").
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/kept_weights.h"

namespace sepal {

struct SeparableConvOptions {
  /// Channels of the output, at least 1.
  std::int64_t filters = 0;
  /// Lengths of the depthwise window, one for each spatial axis or one for all.
  IntTuple kernel_size = {};
  IntTuple strides = 1;
  /// "valid" or "same", in any case.
  std::string padding = "valid";
  /// "channels_last" or "channels_first"; empty: image_data_format().
  std::string data_format = {};
  IntTuple dilation_rate = 1;
  /// Depthwise outputs of each input channel.
  std::int64_t depth_multiplier = 1;
  ActivationFunction activation = nullptr;
  bool use_bias = true;
  Initializer depthwise_initializer = "glorot_uniform";
  Initializer pointwise_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer depthwise_regularizer = nullptr;
  Regularizer pointwise_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint depthwise_constraint = nullptr;
  Constraint pointwise_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};
  /// The founding page forbids strides and dilation above 1 together; Keras since 3.15 computes them. Files
  /// are read with this set.
  bool allow_strides_with_dilation = false;

  static constexpr std::initializer_list<const char*> kRequired = {"filters", "kernel_size"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("depth_multiplier", o.depth_multiplier);
    v("filters", o.filters);
    v("kernel_size", o.kernel_size);
    v("strides", o.strides);
    v("padding", o.padding);
    v("data_format", o.data_format);
    v("dilation_rate", o.dilation_rate);
    v("activation", o.activation);
    v("use_bias", o.use_bias);
    v("depthwise_initializer", o.depthwise_initializer);
    v("pointwise_initializer", o.pointwise_initializer);
    v("bias_initializer", o.bias_initializer);
    v("depthwise_regularizer", o.depthwise_regularizer);
    v("pointwise_regularizer", o.pointwise_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("depthwise_constraint", o.depthwise_constraint);
    v("pointwise_constraint", o.pointwise_constraint);
    v("bias_constraint", o.bias_constraint);
  }
};

/// Weights: depthwise_kernel (window, channels, depth_multiplier), pointwise_kernel (1s, channels *
/// depth_multiplier, filters), bias (filters,).
/// @throws ValueError at construction for an argument outside of its rule, at the first call for an input of
/// another rank, with unknown channels, or smaller than the window.
class BaseSeparableConvLayer : public ConfiguredLayer<SeparableConvOptions> {
 protected:
  BaseSeparableConvLayer(const char* class_name, std::size_t axes, Options options);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Variable depthwise_kernel_;
  Variable pointwise_kernel_;
  Variable bias_;
  ops::WeightCache packed_weights_;
};

}  // namespace sepal
