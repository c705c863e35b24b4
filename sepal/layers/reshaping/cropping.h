// Cropping1D, Cropping2D, Cropping3D (keras.layers).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"
#include "sepal/layers/reshaping/spatial_pairs.h"

namespace sepal {

struct Cropping1DOptions {
  SpatialPairs cropping = 1;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("cropping", o.cropping);
  }
};

/// Of Cropping2D and Cropping3D, whose defaults differ: 0 and 1.
template <int kDefault>
struct CroppingOptions {
  SpatialPairs cropping = kDefault;
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("cropping", o.cropping);
    v("data_format", o.data_format);
  }
};

/// Cuts cells off at both ends of the spatial axes.
template <class OptionsT>
class CroppingLayer : public MovingLayer<OptionsT> {
 public:
  using typename MovingLayer<OptionsT>::Options;

 protected:
  using MovingLayer<OptionsT>::options_;

  /// @throws ValueError if an amount is negative or their number is not that of the spatial axes.
  CroppingLayer(const char* class_name, int spatial_rank, Options options);

  /// @throws ValueError if nothing would be left of an axis.
  Shape compute_output_shape(const Shape& input_shape) override;
  Tensor call(const Tensor& input, const CallContext& context) override;

 private:
  int first_axis() const;
};

extern template class CroppingLayer<Cropping1DOptions>;
extern template class CroppingLayer<CroppingOptions<0>>;
extern template class CroppingLayer<CroppingOptions<1>>;

/// (batch, steps, features).
class Cropping1DLayer : public CroppingLayer<Cropping1DOptions> {
 public:
  explicit Cropping1DLayer(Options options) : CroppingLayer("Cropping1D", 1, std::move(options)) {}
};

class Cropping2DLayer : public CroppingLayer<CroppingOptions<0>> {
 public:
  explicit Cropping2DLayer(Options options) : CroppingLayer("Cropping2D", 2, std::move(options)) {}
};

class Cropping3DLayer : public CroppingLayer<CroppingOptions<1>> {
 public:
  explicit Cropping3DLayer(Options options) : CroppingLayer("Cropping3D", 3, std::move(options)) {}
};

namespace layers {
using Cropping1D = Ref<Cropping1DLayer>;
using Cropping2D = Ref<Cropping2DLayer>;
using Cropping3D = Ref<Cropping3DLayer>;
}  // namespace layers

}  // namespace sepal
