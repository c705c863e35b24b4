// WrapperLayer (keras.layers.Wrapper): a layer around one other layer.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "sepal/layers/layer_argument.h"

namespace sepal {

/// The layer inside is the option `layer`; its weights are weights of this one.
template <class OptionsT>
class WrapperLayer : public ConfiguredLayer<OptionsT> {
 public:
  std::vector<std::shared_ptr<Layer>> sublayers() const override { return {this->options_.layer.shared()}; }
  std::vector<std::pair<std::string, std::shared_ptr<Layer>>> attribute_sublayers() const override {
    return {{"layer", this->options_.layer.shared()}};
  }

 protected:
  using ConfiguredLayer<OptionsT>::ConfiguredLayer;

  /// Calls the layer inside, which sees no mask.
  Tensor call_inside(const Tensor& input, const CallContext& context) {
    CallContext inner = context;
    inner.masks = {};
    return this->options_.layer->call_within({input}, inner).at(0);
  }
};

}  // namespace sepal
