// GaussianNoise (keras.layers.GaussianNoise).
#pragma once

#include "sepal/layers/regularization/noise.h"

namespace sepal {

struct GaussianNoiseOptions {
  /// In [0, 1].
  double stddev = 0.0;
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("stddev", o.stddev);
    v("seed", o.seed);
  }
};

/// In training adds normal numbers of mean 0; else the identity.
class GaussianNoiseLayer : public NoiseLayer<GaussianNoiseOptions> {
 public:
  explicit GaussianNoiseLayer(Options options);

 protected:
  Tensor disturbed(const Tensor& input, std::uint64_t key) const override;
};

namespace layers {
using GaussianNoise = Ref<GaussianNoiseLayer>;
}

}  // namespace sepal
