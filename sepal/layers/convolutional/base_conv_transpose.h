// What Conv1DTranspose, Conv2DTranspose and Conv3DTranspose have in common: the gradient of a convolution by
// its input as a layer (Zeiler et al. 2010, "Deconvolutional networks").
#pragma once

#include "sepal/layers/activation_function.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct ConvTransposeOptions {
  std::int64_t filters = 0;
  /// Lengths of the window, one for each spatial axis or one for all; strides and dilation_rate likewise.
  IntTuple kernel_size = {};
  IntTuple strides = 1;
  std::string padding = "valid";
  /// What to add at the end of the smallest output, less than the stride; none: as much as the padding's rule
  /// says (ops::transposed_output_length).
  std::optional<IntTuple> output_padding = {};
  /// "channels_last" or "channels_first"; empty: image_data_format().
  std::string data_format = {};
  IntTuple dilation_rate = 1;
  ActivationFunction activation = nullptr;
  bool use_bias = true;
  Initializer kernel_initializer = "glorot_uniform";
  Initializer bias_initializer = "zeros";
  Regularizer kernel_regularizer = nullptr;
  Regularizer bias_regularizer = nullptr;
  Regularizer activity_regularizer = nullptr;
  Constraint kernel_constraint = nullptr;
  Constraint bias_constraint = nullptr;
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
    v("output_padding", o.output_padding);
    v("data_format", o.data_format);
    v("dilation_rate", o.dilation_rate);
    v("activation", o.activation);
    v("use_bias", o.use_bias);
    v("kernel_initializer", o.kernel_initializer);
    v("bias_initializer", o.bias_initializer);
    v("kernel_regularizer", o.kernel_regularizer);
    v("bias_regularizer", o.bias_regularizer);
    v("activity_regularizer", o.activity_regularizer);
    v("kernel_constraint", o.kernel_constraint);
    v("bias_constraint", o.bias_constraint);
  }
};

/// Weights: kernel (window, filters, channels), bias (filters,).
class BaseConvTransposeLayer : public ConfiguredLayer<ConvTransposeOptions> {
 protected:
  /// @throws ValueError naming the argument that breaks its rule.
  BaseConvTransposeLayer(const char* class_name, std::size_t axes, Options options);
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Variable kernel_;
  Variable bias_;
};

}  // namespace sepal
