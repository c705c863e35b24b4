// The config of a layer as tf.keras of TensorFlow 1.4 writes it.
#pragma once

#include "sepal/layers/layer.h"

namespace sepal {

/// What `get_config` gives under Compatibility::tf14: the keys and forms of TensorFlow 1.4 (plain class names
/// without modules, VarianceScaling, L1L2, the dtype as a name). Truncated normal distributions were not
/// rescaled then: a layer made from the config there draws values that are smaller by the factor 0.88.
/// @throws ValueError naming the layer and the key if the layer has an option that TensorFlow 1.4 did not
/// write (depth_multiplier and dilation_rate of SeparableConv2D above 1, groups, …): it would be lost.
Json tensorflow14_config(const Layer& layer);

/// `config`, written under Compatibility::tf14 otherwise, without the keys that came later.
/// @throws ValueError as above.
Json without_later_keys(const Layer& layer, const Json& config);

}  // namespace sepal
