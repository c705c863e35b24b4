// What the layers that pool over windows have in common.
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/pooling.h"

namespace sepal {

struct PoolingOptions {
  /// One length for each spatial axis, or one for all; strides likewise.
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

/// (batch, spatial axes, channels) -> (batch, shorter spatial axes, channels), or with the channels on axis 1
/// both times.
class BasePoolingLayer : public ConfiguredLayer<PoolingOptions> {
 protected:
  using Pool = Tensor (*)(const Tensor&, const ops::PoolOptions&);

  /// `axes`: the number of spatial axes.
  /// @throws ValueError naming the argument that breaks its rule.
  BasePoolingLayer(const char* class_name, std::size_t axes, Pool pool, Options options);
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Pool pool_;
};

}  // namespace sepal
