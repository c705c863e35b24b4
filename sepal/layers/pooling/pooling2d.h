// MaxPooling2D and AveragePooling2D (keras.layers of the same names).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/pooling.h"

namespace sepal {

struct Pooling2DOptions {
  IntTuple pool_size = 2;
  /// Empty: the pool size.
  IntTuple strides = {};
  std::string padding = "valid";
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("pool_size", o.pool_size);
    v("padding", o.padding);
    v("strides", o.strides);
    v("data_format", o.data_format);
  }
};

/// What both have in common: (batch, h, w, channels) -> (batch, oh, ow, channels), or with the channels on
/// axis 1.
class Pooling2DLayer : public ConfiguredLayer<Pooling2DOptions> {
 protected:
  Pooling2DLayer(const char* class_name, Options options);
  Shape compute_output_shape(const Shape& input_shape) override;
  ops::Pool2DOptions pool_options() const;
};

class MaxPooling2DLayer : public Pooling2DLayer {
 public:
  explicit MaxPooling2DLayer(Options options) : Pooling2DLayer("MaxPooling2D", std::move(options)) {}

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
};

/// The mean of the cells inside of the image.
class AveragePooling2DLayer : public Pooling2DLayer {
 public:
  explicit AveragePooling2DLayer(Options options) : Pooling2DLayer("AveragePooling2D", std::move(options)) {}

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
};

namespace layers {
using MaxPooling2D = Ref<MaxPooling2DLayer>;
using MaxPool2D = MaxPooling2D;
using AveragePooling2D = Ref<AveragePooling2DLayer>;
using AvgPool2D = AveragePooling2D;
}  // namespace layers

}  // namespace sepal
