// AlphaDropout (keras.layers.AlphaDropout, Klambauer et al. 2017).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
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
class AlphaDropoutLayer : public ConfiguredLayer<AlphaDropoutOptions> {
 public:
  explicit AlphaDropoutLayer(Options options);

  std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const override {
    return seed_state(seed_generator_, options_.rate);
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  SeedGenerator seed_generator_;
};

namespace layers {
using AlphaDropout = Ref<AlphaDropoutLayer>;
}

}  // namespace sepal
