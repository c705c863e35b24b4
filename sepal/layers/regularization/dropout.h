// Dropout (keras.layers.Dropout).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
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
class DropoutLayer : public ConfiguredLayer<DropoutOptions> {
 public:
  explicit DropoutLayer(Options options);

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
using Dropout = Ref<DropoutLayer>;
}

}  // namespace sepal
