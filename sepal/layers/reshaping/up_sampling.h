// UpSampling1D, UpSampling2D, UpSampling3D (keras.layers).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"

namespace sepal {

struct UpSampling1DOptions {
  std::int64_t size = 2;
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("size", o.size);
  }
};

/// (batch, steps, features) -> (batch, steps * size, features): each step is repeated.
class UpSampling1DLayer : public MovingLayer<UpSampling1DOptions> {
 public:
  /// @throws ValueError if size is below 1.
  explicit UpSampling1DLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

struct UpSampling2DOptions {
  IntTuple size = 2;
  std::string data_format = {};
  /// "nearest" repeats rows and columns; "bilinear", "bicubic", "lanczos3", "lanczos5" and "area" as
  /// ops::resize. Looked at when shapes are computed, which is where an unknown name raises a ValueError.
  std::string interpolation = "nearest";
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("size", o.size);
    v("data_format", o.data_format);
    v("interpolation", o.interpolation);
  }
};

/// Height and width times `size`.
class UpSampling2DLayer : public MovingLayer<UpSampling2DOptions> {
 public:
  /// @throws ValueError if a size is below 1.
  explicit UpSampling2DLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

struct UpSampling3DOptions {
  IntTuple size = 2;
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("size", o.size);
    v("data_format", o.data_format);
  }
};

/// The three spatial axes are repeated.
class UpSampling3DLayer : public MovingLayer<UpSampling3DOptions> {
 public:
  /// @throws ValueError if a size is below 1.
  explicit UpSampling3DLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using UpSampling1D = Ref<UpSampling1DLayer>;
using UpSampling2D = Ref<UpSampling2DLayer>;
using UpSampling3D = Ref<UpSampling3DLayer>;
}  // namespace layers

}  // namespace sepal
