// Softmax (keras.layers.Softmax).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct SoftmaxOptions {
  /// One axis, or several that are normalized together.
  IntTuple axis = -1;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

class SoftmaxLayer : public ConfiguredLayer<SoftmaxOptions> {
 public:
  explicit SoftmaxLayer(Options options) : ConfiguredLayer("Softmax", std::move(options)) {
    set_supports_masking();
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  bool takes_mask() const override { return true; }
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
};

namespace layers {
using Softmax = Ref<SoftmaxLayer>;
}

}  // namespace sepal
