// SpectralNormalization (Miyato et al. 2018; keras.layers.SpectralNormalization).
#pragma once

#include "sepal/layers/core/wrapper.h"

namespace sepal {

struct SpectralNormalizationOptions {
  Ref<Layer> layer = nullptr;
  std::int64_t power_iterations = 1;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("layer", o.layer);
    v("power_iterations", o.power_iterations);
  }
};

/// Calls `layer`, and before each call in training divides its weight `kernel` (or `embeddings`) by an
/// estimate of the largest singular value. The estimate's vector is a weight.
class SpectralNormalizationLayer : public WrapperLayer<SpectralNormalizationOptions> {
 public:
  /// @throws ValueError if `layer` is empty or `power_iterations` is not positive.
  explicit SpectralNormalizationLayer(Options options);

  /// The layer's kernel is a weight of this one, too: Keras's files have it twice.
  std::vector<Variable> own_weights() const override;

 protected:
  /// @throws ValueError if the layer has neither weight.
  void build(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  void normalize_kernel();

  Variable kernel_;
  Variable vector_u_;
};

namespace layers {
using SpectralNormalization = Ref<SpectralNormalizationLayer>;
}

}  // namespace sepal
