// GaussianDropout (keras.layers.GaussianDropout, Srivastava et al. 2014, section 10).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
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
class GaussianDropoutLayer : public ConfiguredLayer<GaussianDropoutOptions> {
 public:
  explicit GaussianDropoutLayer(Options options);

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
using GaussianDropout = Ref<GaussianDropoutLayer>;
}

}  // namespace sepal
