#include "sepal/layers/preprocessing/random_flip.h"

namespace sepal {

RandomFlipLayer::RandomFlipLayer(Options options) : AugmentationLayer("RandomFlip", std::move(options)) {
  options_.mode =
      standardize_choice(options_.mode, {"horizontal", "vertical", "horizontal_and_vertical"}, "mode");
}

Tensor RandomFlipLayer::augment(const Tensor& images, RandomStream& stream) const {
  const int axis = height_axis(images.shape(), options_.data_format);
  std::vector<ops::AffineTransform> transforms(static_cast<std::size_t>(images.shape()[0]));
  for (ops::AffineTransform& transform : transforms) {
    if (stream.next_uniform() > 0.5) continue;
    if (options_.mode != "vertical") {
      transform.a0 = -1.0;
      transform.a2 = static_cast<double>(images.shape()[axis + 1] - 1);
    }
    if (options_.mode != "horizontal") {
      transform.b1 = -1.0;
      transform.b2 = static_cast<double>(images.shape()[axis] - 1);
    }
  }
  return ops::affine_transform(images, transforms,
                               {.interpolation = ops::Interpolation::nearest,
                                .channels_first = options_.data_format == "channels_first"});
}

}  // namespace sepal
