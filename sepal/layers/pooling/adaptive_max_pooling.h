// AdaptiveMaxPooling1D, AdaptiveMaxPooling2D and AdaptiveMaxPooling3D (keras.layers of the same names).
#pragma once

#include "sepal/layers/pooling/base_adaptive_pooling.h"

namespace sepal {

/// The largest element of each window.
class AdaptiveMaxPooling1DLayer : public BaseAdaptivePoolingLayer {
 public:
  explicit AdaptiveMaxPooling1DLayer(Options options)
      : BaseAdaptivePoolingLayer("AdaptiveMaxPooling1D", 1, ops::adaptive_max_pool, std::move(options)) {}
};

class AdaptiveMaxPooling2DLayer : public BaseAdaptivePoolingLayer {
 public:
  explicit AdaptiveMaxPooling2DLayer(Options options)
      : BaseAdaptivePoolingLayer("AdaptiveMaxPooling2D", 2, ops::adaptive_max_pool, std::move(options)) {}
};

class AdaptiveMaxPooling3DLayer : public BaseAdaptivePoolingLayer {
 public:
  explicit AdaptiveMaxPooling3DLayer(Options options)
      : BaseAdaptivePoolingLayer("AdaptiveMaxPooling3D", 3, ops::adaptive_max_pool, std::move(options)) {}
};

namespace layers {
using AdaptiveMaxPooling1D = Ref<AdaptiveMaxPooling1DLayer>;
using AdaptiveMaxPooling2D = Ref<AdaptiveMaxPooling2DLayer>;
using AdaptiveMaxPooling3D = Ref<AdaptiveMaxPooling3DLayer>;
}  // namespace layers

}  // namespace sepal
