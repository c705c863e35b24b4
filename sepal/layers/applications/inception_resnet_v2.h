// The layer that Keras defines for its InceptionResNetV2 (keras/src/applications/inception_resnet_v2.py).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

struct CustomScaleLayerOptions {
  double scale = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("scale", o.scale);
  }
};

/// inputs[0] + scale * inputs[1]; Keras's name already ends in "Layer".
class CustomScaleLayer : public ConfiguredLayer<CustomScaleLayerOptions> {
 public:
  explicit CustomScaleLayer(Options options) : ConfiguredLayer("CustomScaleLayer", std::move(options)) {}

  std::string_view keras_module() const override { return "keras.src.applications.inception_resnet_v2"; }

 protected:
  /// @throws ValueError if there are not exactly two inputs.
  void build_all(const Shapes& input_shapes) override;
  Tensors call_all(const Tensors& inputs, const CallContext& context) override;
  Shapes compute_output_shapes(const Shapes& input_shapes) override;
};

}  // namespace sepal
