// AveragePooling1D, AveragePooling2D and AveragePooling3D (keras.layers of the same names).
#pragma once

#include "sepal/layers/pooling/base_pooling.h"

namespace sepal {

/// The mean of the cells of each window that lie inside of the image.
class AveragePooling1DLayer : public BasePoolingLayer {
 public:
  explicit AveragePooling1DLayer(Options options)
      : BasePoolingLayer("AveragePooling1D", 1, ops::average_pool, std::move(options)) {}
};

class AveragePooling2DLayer : public BasePoolingLayer {
 public:
  explicit AveragePooling2DLayer(Options options)
      : BasePoolingLayer("AveragePooling2D", 2, ops::average_pool, std::move(options)) {}
};

class AveragePooling3DLayer : public BasePoolingLayer {
 public:
  explicit AveragePooling3DLayer(Options options)
      : BasePoolingLayer("AveragePooling3D", 3, ops::average_pool, std::move(options)) {}
};

namespace layers {
using AveragePooling1D = Ref<AveragePooling1DLayer>;
using AvgPool1D = AveragePooling1D;
using AveragePooling2D = Ref<AveragePooling2DLayer>;
using AvgPool2D = AveragePooling2D;
using AveragePooling3D = Ref<AveragePooling3DLayer>;
using AvgPool3D = AveragePooling3D;
}  // namespace layers

}  // namespace sepal
