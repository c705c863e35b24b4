// What Conv1D, Conv2D and Conv3D have in common.
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/lora.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/kept_weights.h"

namespace sepal {

struct ConvOptions {
  std::int64_t filters = 0;
  /// Lengths of the window, one for each spatial axis or one for all; strides and dilation_rate likewise.
  IntTuple kernel_size = {};
  IntTuple strides = 1;
  /// "valid" or "same", for Conv1D also "causal": an output sees no later step of the input.
  std::string padding = "valid";
  /// "channels_last" or "channels_first"; empty: image_data_format().
  std::string data_format = {};
  IntTuple dilation_rate = 1;
  /// Channels and filters fall into this many groups that do not mix.
  std::int64_t groups = 1;
  ActivationFunction activation = nullptr;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
  /// Adapt the kernel at this rank, which freezes it (layers/lora.h); the adaptation counts alpha / rank
  /// times.
  std::optional<std::int64_t> lora_rank = {};
  std::optional<double> lora_alpha = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  static constexpr std::initializer_list<const char*> kRequired = {"filters", "kernel_size"};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("filters", o.filters);
    v("kernel_size", o.kernel_size);
    v("strides", o.strides);
    v("padding", o.padding);
    v("data_format", o.data_format);
    v("dilation_rate", o.dilation_rate);
    v("groups", o.groups);
    v("activation", o.activation);
    v("use_bias", o.use_bias);
    v("kernel_initializer", o.kernel_initializer);
    v("bias_initializer", o.bias_initializer);
    v("kernel_regularizer", o.kernel_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("kernel_constraint", o.kernel_constraint);
    v("bias_constraint", o.bias_constraint);
    v("lora_rank", o.lora_rank);
    v("lora_alpha", o.lora_alpha);
  }
};

/// Weights: kernel (window, channels / groups, filters), bias (filters,).
class BaseConvLayer : public ConfiguredLayer<ConvOptions>, public LoraLayer {
 protected:
  /// @throws ValueError naming the argument that breaks its rule.
  BaseConvLayer(const char* class_name, std::size_t axes, Options options);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
  void put_config(Json& config) const override;

 private:
  Variable bias_;
  ops::WeightCache packed_weights_;
};

}  // namespace sepal
