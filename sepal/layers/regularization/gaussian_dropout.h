// GaussianDropout (keras.layers.GaussianDropout, Srivastava et al. 2014, section 10).
#pragma once

#include "sepal/layers/regularization/noise.h"

namespace sepal {

struct GaussianDropoutOptions {
  /// In [0, 1).
  double rate = 0.0;
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("rate", o.rate);
    v("seed", o.seed);
  }
};

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
