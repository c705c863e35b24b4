// Models of a few weights to save, and data to train them with.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "sepal/base/input_file.h"
#include "sepal/layers/layers.h"
#include "sepal/models/model.h"
#include "tests/support/temporary_folder.h"
#include "tests/support/tensor_checks.h"

namespace sepal::testing {

/// A model with some of everything that has a place of its own in a file.
inline Model small_model(const char* optimizer = "adam") {
  const KerasTensor image = Input({.shape = {6, 6, 2}, .name = "image"});
  KerasTensor x = layers::SeparableConv2D({.filters = 3, .kernel_size = 3, .padding = "same"})(image);
  x = layers::BatchNormalization()(x);
  const KerasTensor inner_input = Input({.shape = {6, 6, 3}});
  const Model inner(inner_input, layers::DepthwiseConv2D({.kernel_size = 3})(inner_input), "inner");
  x = inner(x);
  x = layers::Dropout({.rate = 0.25, .seed = 7})(x);
  x = layers::GlobalAveragePooling2D()(x);
  const Sequential head({layers::Dense({.units = 4, .activation = "relu"}), layers::Dense({.units = 2})},
                        "head");
  Model model(image, head(x), "small");
  model->compile({.optimizer = optimizer, .loss = "mse", .metrics = {"mae"}});
  return model;
}

/// Rows for it.
inline const Tensor kX = varied({8, 6, 6, 2}, 1, DType::float32);
inline const Tensor kY = varied({8, 2}, 2, DType::float32);

/// As few bytes as a model has.
inline Sequential tiny_model() {
  return Sequential({Input({.shape = {2}}), layers::Dense({.units = 1, .name = "d"})}, "tiny");
}

/// The file that `model` becomes; the extension of `name` says which.
inline std::vector<std::byte> saved_bytes(const Model& model, const std::string& name) {
  const TemporaryFolder temporary;
  model->save(temporary / name);
  return read_file(temporary / name, 1 << 20);
}

}  // namespace sepal::testing
