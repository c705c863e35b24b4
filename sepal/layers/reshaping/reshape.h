// Reshape (keras.layers.Reshape).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"

namespace sepal {

struct ReshapeOptions {
  /// Without the batch axis; one length may be -1: it follows from the others.
  IntTuple target_shape = IntTuple(std::vector<std::int64_t>{});
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("target_shape", o.target_shape);
  }
};

/// (batch, …) -> (batch, target_shape…).
class ReshapeLayer : public MovingLayer<ReshapeOptions> {
 public:
  /// @throws ValueError if a length is below -1 or several are -1.
  explicit ReshapeLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using Reshape = Ref<ReshapeLayer>;
}

}  // namespace sepal
