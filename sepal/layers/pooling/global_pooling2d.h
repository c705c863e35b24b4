// GlobalAveragePooling2D and GlobalMaxPooling2D (keras.layers of the same names).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct GlobalPooling2DOptions {
  std::string data_format = {};
  /// Whether the reduced axes stay, with length 1.
  bool keepdims = false;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("data_format", o.data_format);
    v("keepdims", o.keepdims);
  }
};

/// What both have in common: (batch, h, w, channels) or (batch, channels, h, w) -> (batch, channels).
class GlobalPooling2DLayer : public ConfiguredLayer<GlobalPooling2DOptions> {
 protected:
  GlobalPooling2DLayer(const char* class_name, Options options);
  Shape compute_output_shape(const Shape& input_shape) override;
  std::vector<std::int64_t> spatial_axes() const;
};

class GlobalAveragePooling2DLayer : public GlobalPooling2DLayer {
 public:
  explicit GlobalAveragePooling2DLayer(Options options)
      : GlobalPooling2DLayer("GlobalAveragePooling2D", std::move(options)) {}

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
};

class GlobalMaxPooling2DLayer : public GlobalPooling2DLayer {
 public:
  explicit GlobalMaxPooling2DLayer(Options options)
      : GlobalPooling2DLayer("GlobalMaxPooling2D", std::move(options)) {}

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
};

namespace layers {
using GlobalAveragePooling2D = Ref<GlobalAveragePooling2DLayer>;
using GlobalAvgPool2D = GlobalAveragePooling2D;
using GlobalMaxPooling2D = Ref<GlobalMaxPooling2DLayer>;
using GlobalMaxPool2D = GlobalMaxPooling2D;
}  // namespace layers

}  // namespace sepal
