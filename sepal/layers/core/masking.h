// Masking: marks time steps that later layers skip (keras.layers.Masking).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct MaskingOptions {
  /// A step counts unless all of its features have this value.
  double mask_value = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("mask_value", o.mask_value);
  }
};

/// (batch, steps, …, features) -> the same with masked steps set to 0, and a mask (batch, steps, …): true
/// where a step counts.
class MaskingLayer : public ConfiguredLayer<MaskingOptions> {
 public:
  explicit MaskingLayer(Options options) : ConfiguredLayer("Masking", std::move(options)) {
    set_supports_masking();
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
  Tensors compute_masks(const Tensors& inputs, const Tensors& masks) override;
  bool makes_mask() const override { return true; }
};

namespace layers {
using Masking = Ref<MaskingLayer>;
}

}  // namespace sepal
