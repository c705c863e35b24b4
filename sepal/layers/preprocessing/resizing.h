// Resizing and CenterCrop (keras.layers.Resizing, keras.layers.CenterCrop).
#pragma once

#include "sepal/layers/ref.h"
#include "sepal/layers/reshaping/moving_layer.h"

namespace sepal {

struct ResizingOptions {
  std::int64_t height = 0;
  std::int64_t width = 0;
  /// "bilinear", "nearest", "bicubic", "lanczos3", "lanczos5" or "area".
  std::string interpolation = "bilinear";
  /// Cuts the image's middle out in the new aspect ratio before it is resized.
  bool crop_to_aspect_ratio = false;
  /// Surrounds the image with `fill_value` to the new aspect ratio before it is resized.
  bool pad_to_aspect_ratio = false;
  /// Only "constant".
  std::string fill_mode = "constant";
  double fill_value = 0.0;
  /// Smooths an image that shrinks.
  bool antialias = false;
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("height", o.height);
    v("width", o.width);
    v("interpolation", o.interpolation);
    v("crop_to_aspect_ratio", o.crop_to_aspect_ratio);
    v("pad_to_aspect_ratio", o.pad_to_aspect_ratio);
    v("fill_mode", o.fill_mode);
    v("fill_value", o.fill_value);
    v("antialias", o.antialias);
    v("data_format", o.data_format);
  }
};

/// Images (n, h, w, c) or (n, c, h, w), or one without n, in another size. Whole numbers are rounded and stay
/// in their dtype's range.
class ResizingLayer : public MovingLayer<ResizingOptions> {
 public:
  /// @throws ValueError if a length is below 1, an argument has no such value or both aspect ratio options
  /// are set.
  explicit ResizingLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

struct CenterCropOptions {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("height", o.height);
    v("width", o.width);
    v("data_format", o.data_format);
  }
};

/// The middle of images (n, h, w, c) or (n, c, h, w), or of one without n, in the layer's dtype. An image
/// that is too small is cropped to the new aspect ratio and resized.
class CenterCropLayer : public ConfiguredLayer<CenterCropOptions> {
 public:
  /// @throws ValueError if a length is below 1.
  explicit CenterCropLayer(Options options);

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;
};

namespace layers {
using Resizing = Ref<ResizingLayer>;
using CenterCrop = Ref<CenterCropLayer>;
}  // namespace layers

}  // namespace sepal
