// AugmentationLayer: what the layers that change images at random in training share (keras.layers.RandomFlip,
// …). The numbers drawn are not Keras's, their distributions are.
#pragma once

#include <utility>
#include <vector>

#include "sepal/base/number_or_list.h"
#include "sepal/layers/configured_layer.h"
#include "sepal/layers/image_data_format.h"
#include "sepal/layers/preprocessing/image_batch.h"
#include "sepal/layers/ref.h"
#include "sepal/layers/regularization/seed_generator.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/image.h"

namespace sepal {

/// Bounds of a uniform distribution.
struct Range {
  double lower = 0.0;
  double upper = 0.0;
  double draw(RandomStream& stream) const { return lower + (upper - lower) * stream.next_uniform(); }
};

/// `factor`: f stands for [-f, f], cut to [least, most]; two numbers for themselves in their order of size.
/// @throws ValueError in Keras's words if it lies outside of [least, most].
Range factor_range(const NumberOrList& factor, double least, double most);

/// `height_factor`, `width_factor`: as above, each number in [-1, 1], and not -1 itself if `excludes_least`.
Range size_factor_range(const char* argument, const NumberOrList& factor, bool excludes_least);

/// Two numbers.
/// @throws ValueError otherwise.
Range value_range_from(const NumberOrList& value);

/// How an image is warped, from the arguments of Keras.
ops::AffineTransformOptions warp_options(const std::string& interpolation, const std::string& fill_mode,
                                         double fill_value, const std::string& data_format);

/// A factor for each image, of a shape that broadcasts against a batch of images.
Tensor drawn_for_images(const Tensor& images, const Range& range, RandomStream& stream);

/// Images (n, h, w, c) or (n, c, h, w), or one without n; any dtype comes out in the layer's. Outside of
/// training the identity.
template <class OptionsT>
class AugmentationLayer : public ConfiguredLayer<OptionsT> {
 public:
  using typename ConfiguredLayer<OptionsT>::Options;

  std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const override {
    return {{"generator", {generator_.state()}}};
  }

 protected:
  using ConfiguredLayer<OptionsT>::options_;

  AugmentationLayer(const char* class_name, Options options)
      : ConfiguredLayer<OptionsT>(class_name, std::move(options)), generator_(options_.seed) {
    options_.data_format = standardize_data_format(options_.data_format);
  }

  /// The changed batch (rank 4).
  virtual Tensor augment(const Tensor& images, RandomStream& stream) const = 0;

  Tensor call(const Tensor& input, const CallContext& context) override {
    (void)height_axis(input.shape(), options_.data_format);
    const Tensor images = ops::cast(input, this->compute_dtype());
    if (!context.training) return images;
    RandomStream stream(generator_.next());
    return ops::reshape(augment(as_batch(images), stream), images.shape());
  }

  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }

 private:
  SeedGenerator generator_;
};

/// An AugmentationLayer that sends each image through an affine transform of its own. OptionsT has
/// `interpolation`, `fill_mode` and `fill_value`.
template <class OptionsT>
class WarpLayer : public AugmentationLayer<OptionsT> {
 public:
  using typename AugmentationLayer<OptionsT>::Options;

 protected:
  using AugmentationLayer<OptionsT>::options_;

  /// @throws UnimplementedError for interpolations and fill modes that Keras does not have.
  WarpLayer(const char* class_name, Options options)
      : AugmentationLayer<OptionsT>(class_name, std::move(options)) {
    (void)warp_options_of_layer();
  }

  /// For an image of this size.
  virtual ops::AffineTransform transform(std::int64_t height, std::int64_t width,
                                         RandomStream& stream) const = 0;

  Tensor augment(const Tensor& images, RandomStream& stream) const override {
    const int axis = height_axis(images.shape(), options_.data_format);
    std::vector<ops::AffineTransform> transforms;
    for (std::int64_t i = 0; i < images.shape()[0]; ++i)
      transforms.push_back(transform(images.shape()[axis], images.shape()[axis + 1], stream));
    return ops::affine_transform(images, transforms, warp_options_of_layer());
  }

 private:
  ops::AffineTransformOptions warp_options_of_layer() const {
    return warp_options(options_.interpolation, options_.fill_mode, options_.fill_value,
                        options_.data_format);
  }
};

}  // namespace sepal
