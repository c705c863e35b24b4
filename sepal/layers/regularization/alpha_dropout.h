// AlphaDropout (keras.layers.AlphaDropout, Klambauer et al. 2017).
#pragma once

#include "sepal/layers/regularization/noise.h"

namespace sepal {

struct AlphaDropoutOptions {
  /// The share of the elements that is dropped, in [0, 1].
  double rate = 0.0;
  NoiseShape noise_shape = {};
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("rate", o.rate);
    v("seed", o.seed);
    v("noise_shape", o.noise_shape);
  }
};

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
