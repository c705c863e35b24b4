// MaxPooling1D, MaxPooling2D and MaxPooling3D (keras.layers of the same names).
#pragma once

#include "sepal/layers/pooling/base_pooling.h"

namespace sepal {

/// The largest element of each window.
class MaxPooling1DLayer : public BasePoolingLayer {
 public:
  explicit MaxPooling1DLayer(Options options)
      : BasePoolingLayer("MaxPooling1D", 1, ops::max_pool, std::move(options)) {}
};

class MaxPooling2DLayer : public BasePoolingLayer {
 public:
  explicit MaxPooling2DLayer(Options options)
      : BasePoolingLayer("MaxPooling2D", 2, ops::max_pool, std::move(options)) {}
};

class MaxPooling3DLayer : public BasePoolingLayer {
 public:
  explicit MaxPooling3DLayer(Options options)
      : BasePoolingLayer("MaxPooling3D", 3, ops::max_pool, std::move(options)) {}
};

namespace layers {
using MaxPooling1D = Ref<MaxPooling1DLayer>;
using MaxPool1D = MaxPooling1D;
using MaxPooling2D = Ref<MaxPooling2DLayer>;
using MaxPool2D = MaxPooling2D;
using MaxPooling3D = Ref<MaxPooling3DLayer>;
using MaxPool3D = MaxPooling3D;
}  // namespace layers

}  // namespace sepal
