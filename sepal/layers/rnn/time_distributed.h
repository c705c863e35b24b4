// TimeDistributed (keras.layers.TimeDistributed).
#pragma once

#include "sepal/layers/core/wrapper.h"

namespace sepal {

struct TimeDistributedOptions {
  Ref<Layer> layer = nullptr;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("layer", o.layer);
  }
};

/// Applies `layer` to every step: (batch, steps, …) -> (batch, steps, …). The layer sees (batch, …); in
/// training step by step, so that each has its own dropout and batch statistics, else all steps as one large
/// batch.
class TimeDistributedLayer : public WrapperLayer<TimeDistributedOptions> {
 public:
  /// @throws ValueError if `layer` is empty.
  explicit TimeDistributedLayer(Options options);

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using TimeDistributed = Ref<TimeDistributedLayer>;
}

}  // namespace sepal
