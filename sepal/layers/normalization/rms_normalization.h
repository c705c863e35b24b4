// RMSNormalization (keras.layers.RMSNormalization; Zhang and Sennrich 2019).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct RMSNormalizationOptions {
  /// One axis, or several that are normalized together.
  IntTuple axis = -1;
  double epsilon = 1e-6;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("axis", o.axis);
    v("epsilon", o.epsilon);
  }
};

/// Each sample divided by the root of the mean of its squares over `axis`, times the weight "scale". As in
/// Keras, `scale` has the lengths of these axes and stands along the last ones.
class RMSNormalizationLayer : public ConfiguredLayer<RMSNormalizationOptions> {
 public:
  /// @throws ValueError without an axis.
  explicit RMSNormalizationLayer(Options options);

 protected:
  /// @throws ValueError if the length of an axis is not known.
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  /// @throws ValueError if an axis is out of bounds.
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Variable scale_;
};

namespace layers {
using RMSNormalization = Ref<RMSNormalizationLayer>;
}

}  // namespace sepal
