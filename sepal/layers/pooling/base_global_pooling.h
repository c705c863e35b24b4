// What the layers that pool over whole images have in common.
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct GlobalPoolingOptions {
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

/// (batch, spatial axes, channels) or (batch, channels, spatial axes) -> (batch, channels).
class BaseGlobalPoolingLayer : public ConfiguredLayer<GlobalPoolingOptions> {
 protected:
  /// `axes`: the number of spatial axes.
  BaseGlobalPoolingLayer(const char* class_name, std::size_t axes, Options options);
  Shape compute_output_shape(const Shape& input_shape) override;
  std::vector<std::int64_t> spatial_axes() const;

 private:
  std::size_t axes_;
};

}  // namespace sepal
