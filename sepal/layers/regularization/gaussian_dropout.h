// GaussianDropout (keras.layers.GaussianDropout, Srivastava et al. 2014, section 10).
#pragma once

#include "sepal/layers/regularization/noise.h"

namespace sepal {

/// The rate is below 1.
using GaussianDropoutOptions = RateOptions;

/// In training multiplies by normal numbers of mean 1 and variance rate / (1 - rate); else the identity.
class GaussianDropoutLayer : public NoiseLayer<GaussianDropoutOptions> {
 public:
  explicit GaussianDropoutLayer(Options options);

 protected:
  Tensor disturbed(const Tensor& input, std::uint64_t key) const override;
};

namespace layers {
using GaussianDropout = Ref<GaussianDropoutLayer>;
}

}  // namespace sepal
