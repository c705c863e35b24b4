// What the layers that pool to a given size have in common.
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/ops/pooling.h"

namespace sepal {

struct AdaptivePoolingOptions {
  static constexpr std::initializer_list<const char*> kRequired = {"output_size"};
  /// One length for each spatial axis, or one for all.
  IntTuple output_size = {};
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("output_size", o.output_size);
    v("data_format", o.data_format);
  }
};

/// (batch, spatial axes, channels) -> (batch, output_size, channels), or with the channels on axis 1 both
/// times. Windows as in ops::adaptive_max_pool.
class BaseAdaptivePoolingLayer : public ConfiguredLayer<AdaptivePoolingOptions> {
 protected:
  using Pool = Tensor (*)(const Tensor&, const std::vector<std::int64_t>&, bool);

  /// `axes`: the number of spatial axes.
  /// @throws ValueError naming the argument that breaks its rule.
  BaseAdaptivePoolingLayer(const char* class_name, std::size_t axes, Pool pool, Options options);
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Pool pool_;
};

}  // namespace sepal
