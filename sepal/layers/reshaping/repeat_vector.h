// RepeatVector (keras.layers.RepeatVector).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"

namespace sepal {

struct RepeatVectorOptions {
  std::int64_t n = 0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("n", o.n);
  }
};

/// (batch, features) -> (batch, n, features).
class RepeatVectorLayer : public MovingLayer<RepeatVectorOptions> {
 public:
  /// @throws ValueError if n is below 1.
  explicit RepeatVectorLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using RepeatVector = Ref<RepeatVectorLayer>;
}

}  // namespace sepal
