// Dropout (keras.layers.Dropout).
#pragma once

#include "sepal/layers/regularization/noise.h"

namespace sepal {

struct DropoutOptions {
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

/// In training sets elements to 0 at random and scales the others by 1 / (1 - rate); else the identity.
class DropoutLayer : public NoiseLayer<DropoutOptions> {
 public:
  explicit DropoutLayer(Options options);

 protected:
  Tensor disturbed(const Tensor& input, std::uint64_t key) const override;
};

namespace layers {
using Dropout = Ref<DropoutLayer>;
}

}  // namespace sepal
