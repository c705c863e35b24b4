// ZeroPadding1D, ZeroPadding2D, ZeroPadding3D (keras.layers).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"
#include "sepal/layers/reshaping/spatial_pairs.h"

namespace sepal {

struct ZeroPaddingOptions {
  SpatialPairs padding = 1;
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("padding", o.padding);
    v("data_format", o.data_format);
  }
};

/// Zeros around the spatial axes: (batch, …, channels), or (batch, channels, …) with channels_first.
class ZeroPaddingLayer : public MovingLayer<ZeroPaddingOptions> {
 protected:
  /// @throws ValueError if an amount is negative or their number is not that of the spatial axes.
  ZeroPaddingLayer(const char* class_name, int spatial_rank, Options options);

  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

class ZeroPadding1DLayer : public ZeroPaddingLayer {
 public:
  explicit ZeroPadding1DLayer(Options options) : ZeroPaddingLayer("ZeroPadding1D", 1, std::move(options)) {}
};

class ZeroPadding2DLayer : public ZeroPaddingLayer {
 public:
  explicit ZeroPadding2DLayer(Options options) : ZeroPaddingLayer("ZeroPadding2D", 2, std::move(options)) {}
};

class ZeroPadding3DLayer : public ZeroPaddingLayer {
 public:
  explicit ZeroPadding3DLayer(Options options) : ZeroPaddingLayer("ZeroPadding3D", 3, std::move(options)) {}
};

namespace layers {
using ZeroPadding1D = Ref<ZeroPadding1DLayer>;
using ZeroPadding2D = Ref<ZeroPadding2DLayer>;
using ZeroPadding3D = Ref<ZeroPadding3DLayer>;
}  // namespace layers

}  // namespace sepal
