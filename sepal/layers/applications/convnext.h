// The layers that Keras defines for its ConvNeXt models (keras/src/applications/convnext.py).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/layers/regularization/seed_generator.h"

namespace sepal {

struct LayerScaleOptions {
  double init_values = 0.0;
  /// Number of channels.
  std::int64_t projection_dim = 0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("init_values", o.init_values);
    v("projection_dim", o.projection_dim);
  }
};

/// x * gamma along the last axis (Touvron et al. 2021). Weight: gamma (projection_dim,), at first
/// init_values.
class LayerScaleLayer : public ConfiguredLayer<LayerScaleOptions> {
 public:
  /// @throws ValueError if projection_dim is below 1.
  explicit LayerScaleLayer(Options options);

  std::string_view keras_module() const override { return "keras.src.applications.convnext"; }

 protected:
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  Variable gamma_;
};

struct StochasticDepthOptions {
  /// The share of the samples that is dropped, in [0, 1).
  double drop_path_rate = 0.0;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("drop_path_rate", o.drop_path_rate);
  }
};

/// In training sets whole samples to 0 at random and scales the others by 1 / (1 - drop_path_rate) (Huang et
/// al. 2016); else the identity.
class StochasticDepthLayer : public ConfiguredLayer<StochasticDepthOptions> {
 public:
  /// @throws ValueError if the rate is not in [0, 1).
  explicit StochasticDepthLayer(Options options);

  std::string_view keras_module() const override { return "keras.src.applications.convnext"; }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  // Keras draws here from its global generator, so files hold no state of it.
  SeedGenerator seed_generator_;
};

namespace layers {
using LayerScale = Ref<LayerScaleLayer>;
using StochasticDepth = Ref<StochasticDepthLayer>;
}  // namespace layers

}  // namespace sepal
