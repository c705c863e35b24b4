// Concatenate (keras.layers.Concatenate).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct ConcatenateOptions {
  std::int64_t axis = -1;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

/// Inputs that agree on every axis but one, one behind the other on that axis.
class ConcatenateLayer : public ConfiguredLayer<ConcatenateOptions> {
 public:
  explicit ConcatenateLayer(Options options) : ConfiguredLayer("Concatenate", std::move(options)) {
    set_supports_masking();
  }

 protected:
  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
  /// A step counts if it counts in any input that lies there; an input without a mask counts everywhere.
  Tensors compute_masks(const Tensors& inputs, const Tensors& masks) override;
};

namespace layers {
using Concatenate = Ref<ConcatenateLayer>;
}

}  // namespace sepal
