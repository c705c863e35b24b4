// Flatten (keras.layers.Flatten).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct FlattenOptions {
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("data_format", o.data_format);
  }
};

/// (batch, …) -> (batch, product of the rest). With channels_first the channels are first moved to the end,
/// so that the weights of a following Dense do not depend on the format.
class FlattenLayer : public ConfiguredLayer<FlattenOptions> {
 public:
  explicit FlattenLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using Flatten = Ref<FlattenLayer>;
}

}  // namespace sepal
