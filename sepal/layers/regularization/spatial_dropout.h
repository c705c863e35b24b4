// SpatialDropout1D, SpatialDropout2D, SpatialDropout3D (keras.layers).
#pragma once

#include "sepal/layers/regularization/noise.h"

namespace sepal {

using SpatialDropout1DOptions = RateOptions;

/// Of SpatialDropout2D and SpatialDropout3D.
struct SpatialDropoutOptions {
  double rate = 0.0;
  std::string data_format = {};
  std::optional<std::int64_t> seed = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("rate", o.rate);
    v("seed", o.seed);
    v("data_format", o.data_format);
  }
};

/// In training sets whole channels of a sample to 0 at random and scales the others by 1 / (1 - rate); else
/// the identity.
template <class OptionsT>
class SpatialDropoutLayer : public NoiseLayer<OptionsT> {
 public:
  using typename NoiseLayer<OptionsT>::Options;

  /// Keras writes no `trainable` here, and the dtype as a bare name.
  Json get_config() const override;

 protected:
  using NoiseLayer<OptionsT>::options_;

  SpatialDropoutLayer(const char* class_name, int rank, Options options);

  Tensor disturbed(const Tensor& input, std::uint64_t key) const override;
};

extern template class SpatialDropoutLayer<SpatialDropout1DOptions>;
extern template class SpatialDropoutLayer<SpatialDropoutOptions>;

class SpatialDropout1DLayer : public SpatialDropoutLayer<SpatialDropout1DOptions> {
 public:
  explicit SpatialDropout1DLayer(Options options)
      : SpatialDropoutLayer("SpatialDropout1D", 3, std::move(options)) {}
};

class SpatialDropout2DLayer : public SpatialDropoutLayer<SpatialDropoutOptions> {
 public:
  explicit SpatialDropout2DLayer(Options options)
      : SpatialDropoutLayer("SpatialDropout2D", 4, std::move(options)) {}
};

class SpatialDropout3DLayer : public SpatialDropoutLayer<SpatialDropoutOptions> {
 public:
  explicit SpatialDropout3DLayer(Options options)
      : SpatialDropoutLayer("SpatialDropout3D", 5, std::move(options)) {}
};

namespace layers {
using SpatialDropout1D = Ref<SpatialDropout1DLayer>;
using SpatialDropout2D = Ref<SpatialDropout2DLayer>;
using SpatialDropout3D = Ref<SpatialDropout3DLayer>;
}  // namespace layers

}  // namespace sepal
