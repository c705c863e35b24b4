// What goes into an ImageNet classifier and what comes out of it (keras.applications.imagenet_utils).
#pragma once

#include <string>
#include <vector>

#include "sepal/base/tensor.h"
#include "sepal/data/class_names.h"

namespace sepal {

/// Pixels in [0, 255], red first, as the models of keras.applications want them. `mode`:
/// * "tf" (MobileNet, Xception, Inception, NASNet, ResNetV2): x / 127.5 - 1
/// * "caffe" (VGG, ResNet): blue first, minus the mean of ImageNet's pixels
/// * "torch" (DenseNet): (x / 255 - mean) / standard deviation, by channel
/// The models that have a preprocessing of their own inside (EfficientNet, ConvNeXt, MobileNetV3) need none.
///
/// x: (height, width, 3) or a batch of them, or the channels in front with `data_format` "channels_first"
/// (empty: Keras's default); "tf" takes any shape. Whole numbers become `floatx()`. Differentiable.
/// @throws ValueError for another mode, data format or shape.
Tensor preprocess_input(const Tensor& x, const std::string& mode = "caffe",
                        const std::string& data_format = {});

/// A class and how likely the model holds it.
struct Prediction {
  std::int64_t index = 0;
  ClassName label = {};
  double score = 0.0;
};

/// The `top` classes of each row, the likeliest first; of equal ones the one with the higher number, as in
/// NumPy's order. All of them if there are fewer.
/// @throws ValueError if `predictions` is not (rows, as many as there are classes), or `top` is below 1.
std::vector<std::vector<Prediction>> decode_predictions(const Tensor& predictions,
                                                        const std::vector<ClassName>& classes,
                                                        std::int64_t top = 5);
/// With the names of a file (data/class_names.h).
std::vector<std::vector<Prediction>> decode_predictions(const Tensor& predictions,
                                                        const std::string& class_file, std::int64_t top = 5);

}  // namespace sepal
