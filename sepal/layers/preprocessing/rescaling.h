// Rescaling (keras.layers.Rescaling).
#pragma once

#include "sepal/base/number_or_list.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"

namespace sepal {

/// A number, or one for each channel.
using PerChannel = NumberOrList;

struct RescalingOptions {
  PerChannel scale = 1.0;
  PerChannel offset = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("scale", o.scale);
    v("offset", o.offset);
  }
};

/// x * scale + offset in the layer's dtype, for x of any dtype. Lists go with the channels (the last axis, or
/// axis 1 with image_data_format "channels_first").
class RescalingLayer : public ConfiguredLayer<RescalingOptions> {
 public:
  explicit RescalingLayer(Options options) : ConfiguredLayer("Rescaling", std::move(options)) {
    set_supports_masking();
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
};

namespace layers {
using Rescaling = Ref<RescalingLayer>;
}

}  // namespace sepal
