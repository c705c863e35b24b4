#include "sepal/layers/deep_copy.h"

#include <nlohmann/json.hpp>

#include "sepal/base/compatibility.h"
#include "sepal/layers/attention/causal_attention.h"
#include "sepal/layers/layer_envelope.h"
#include "sepal/layers/registry.h"

namespace sepal {

std::shared_ptr<Layer> deep_copy(const Layer& layer, DeepCopyMemo* memo) {
  if (memo != nullptr) {
    if (const auto known = memo->find(&layer); known != memo->end()) return known->second;
  }
  // The config of TensorFlow 1.4 does not hold every option.
  const CompatibilityScope scope(Compatibility::keras3);
  const std::shared_ptr<Layer> copy =
      layer_from_envelope(layer_envelope(layer), "copy of layer '" + layer.name() + "'");
  copy->set_drops_masks(layer.drops_masks());
  // It belongs to the calls, which a layer's config does not tell.
  if (const auto* attention = dynamic_cast<const CausalAttention*>(&layer); attention != nullptr) {
    dynamic_cast<CausalAttention&>(*copy).set_use_causal_mask(attention->uses_causal_mask());
  }
  if (layer.built()) {
    if (!copy->built()) copy->build_for(layer.build_shapes());
    copy->set_weights(layer.get_weights());
    const auto states = layer.state_variables();
    const auto copied = copy->state_variables();
    for (std::size_t i = 0; i < states.size(); ++i) {
      for (std::size_t k = 0; k < states[i].second.size(); ++k) {
        Variable variable = copied[i].second[k];
        variable.assign(states[i].second[k].value());
      }
    }
  }
  if (memo != nullptr) (*memo)[&layer] = copy;
  return copy;
}

}  // namespace sepal
