// RandomCrop (keras.layers.RandomCrop).
#pragma once

#include "sepal/layers/configured_layer.h"
#include "sepal/layers/ref.h"
#include "sepal/layers/regularization/seed_generator.h"

namespace sepal {

struct RandomCropOptions {
  std::int64_t height = 0;
  std::int64_t width = 0;
  std::optional<std::int64_t> seed = {};
  std::string data_format = {};
  std::string name = {};
  bool trainable = true;
  DTypePolicy dtype = {};

  template <class Self, class Visitor>
  static void visit(Self& o, Visitor& v) {
    v("data_format", o.data_format);
    v("height", o.height);
    v("width", o.width);
    v("seed", o.seed);
  }
};

/// Images (n, h, w, c) or (n, c, h, w), or one without n, cut to a size, in the layer's dtype: in training at
/// one random place for all of a batch. Outside of training, and where an image is not larger, the middle of
/// the new aspect ratio is resized, as tf.keras does; Keras 3.15 leaves such images as they are, against the
/// shape it announces.
class RandomCropLayer : public ConfiguredLayer<RandomCropOptions> {
 public:
  /// @throws ValueError if a length is below 1.
  explicit RandomCropLayer(Options options);

  std::vector<std::pair<std::string, std::vector<Variable>>> state_variables() const override {
    return {{"generator", {generator_.state()}}};
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override;

 private:
  SeedGenerator generator_;
};

namespace layers {
using RandomCrop = Ref<RandomCropLayer>;
}

}  // namespace sepal
