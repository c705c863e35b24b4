// AlphaDropout (keras.layers.AlphaDropout, Klambauer et al. 2017).
#pragma once

#include "sepal/layers/regularization/dropout.h"

namespace sepal {

using AlphaDropoutOptions = DropoutOptions;

/// In training sets elements to the least value of selu at random, then scales and shifts so that mean 0 and
/// variance 1 stay what they are; else the identity.
class AlphaDropoutLayer : public NoiseLayer<AlphaDropoutOptions> {
 public:
  explicit AlphaDropoutLayer(Options options);

 protected:
  Tensor disturbed(const Tensor& input, std::uint64_t key) const override;
};

namespace layers {
using AlphaDropout = Ref<AlphaDropoutLayer>;
}

}  // namespace sepal
