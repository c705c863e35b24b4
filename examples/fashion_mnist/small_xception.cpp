#include "examples/fashion_mnist/small_xception.h"

#include "sepal/sepal.h"

namespace fashion_mnist {

using namespace sepal;

namespace {

KerasTensor normalized(const KerasTensor& x) { return layers::BatchNormalization({.momentum = 0.9})(x); }

KerasTensor relu(const KerasTensor& x) { return layers::Activation({.activation = "relu"})(x); }

KerasTensor separable(const KerasTensor& x, std::int64_t filters) {
  return layers::SeparableConv2D(
      {.filters = filters, .kernel_size = 3, .padding = "same", .use_bias = false})(x);
}

// Two separable convolutions and a pooling, with a shortcut around them. Half the height and width.
KerasTensor residual_block(const KerasTensor& input, std::int64_t filters) {
  KerasTensor x = relu(normalized(separable(input, filters)));
  x = normalized(separable(x, filters));
  x = layers::MaxPooling2D({.pool_size = 3, .strides = 2, .padding = "same"})(x);
  const KerasTensor shortcut =
      layers::Conv2D({.filters = filters, .kernel_size = 1, .strides = 2, .use_bias = false})(input);
  return relu(layers::Add()({x, normalized(shortcut)}));
}

}  // namespace

Model small_xception() {
  const KerasTensor image = Input({.shape = {28, 28, 1}});
  KerasTensor x = layers::Rescaling({.scale = 1.0 / 255})(image);
  x = layers::Conv2D({.filters = 16, .kernel_size = 3, .padding = "same", .use_bias = false})(x);
  x = relu(normalized(x));
  x = residual_block(x, 32);
  x = residual_block(x, 64);
  x = relu(normalized(separable(x, 128)));
  x = layers::GlobalAveragePooling2D()(x);
  x = layers::Dropout({.rate = 0.25})(x);
  return {image, layers::Dense({.units = 10})(x)};
}

}  // namespace fashion_mnist
