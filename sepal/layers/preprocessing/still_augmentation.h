// Image augmentation layers of Keras that Sepal reads from files and runs outside of training, where they
// leave images as they are.
#pragma once

#include <map>
#include <memory>
#include <string>

#include "sepal/layers/registry.h"

namespace sepal {

/// Hands images on in the layer's dtype, and keeps its config as it was read.
class StillAugmentationLayer : public Layer {
 public:
  StillAugmentationLayer(std::string class_name, LayerArguments arguments, const Json& kept);

 protected:
  /// @throws UnimplementedError naming the layer and its class in training.
  Tensor call(const Tensor& input, const CallContext& context) override;
  Shape compute_output_shape(const Shape& input_shape) override { return input_shape; }
  void put_config(Json& config) const override;

 private:
  std::shared_ptr<const Json> kept_;  // a pointer, because the header only knows the name of Json
};

/// Adds the rows of the registry for these classes: RandomHue, RandAugment, MixUp, ….
void add_still_augmentations(std::map<std::string, LayerFactory>& rows);

}  // namespace sepal
