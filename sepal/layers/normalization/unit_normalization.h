// UnitNormalization (keras.layers.UnitNormalization).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct UnitNormalizationOptions {
  /// One axis, or several whose elements make one vector.
  IntTuple axis = -1;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
  }
};

/// Each sample divided by its Euclidean norm over `axis`.
class UnitNormalizationLayer : public ConfiguredLayer<UnitNormalizationOptions> {
 public:
  explicit UnitNormalizationLayer(Options options)
      : ConfiguredLayer("UnitNormalization", std::move(options)) {
    set_supports_masking();
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  /// @throws ValueError if an axis is out of bounds.
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using UnitNormalization = Ref<UnitNormalizationLayer>;
}

}  // namespace sepal
