// GaussianNoise (keras.layers.GaussianNoise).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
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
class GaussianNoiseLayer : public ConfiguredLayer<GaussianNoiseOptions> {
 public:
  explicit GaussianNoiseLayer(Options options);

  std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const override {
    return seed_state(seed_generator_, options_.stddev);
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  SeedGenerator seed_generator_;
};

namespace layers {
using GaussianNoise = Ref<GaussianNoiseLayer>;
}

}  // namespace sepal
