// AdaptiveAveragePooling1D, AdaptiveAveragePooling2D and AdaptiveAveragePooling3D (keras.layers of the same
// names).
#pragma once

#include "sepal/layers/pooling/base_adaptive_pooling.h"

namespace sepal {

/// The mean of the cells of each window.
class AdaptiveAveragePooling1DLayer : public BaseAdaptivePoolingLayer {
 public:
  explicit AdaptiveAveragePooling1DLayer(Options options)
      : BaseAdaptivePoolingLayer("AdaptiveAveragePooling1D", 1, ops::adaptive_average_pool,
                                 std::move(options)) {}
};

class AdaptiveAveragePooling2DLayer : public BaseAdaptivePoolingLayer {
 public:
  explicit AdaptiveAveragePooling2DLayer(Options options)
      : BaseAdaptivePoolingLayer("AdaptiveAveragePooling2D", 2, ops::adaptive_average_pool,
                                 std::move(options)) {}
};

class AdaptiveAveragePooling3DLayer : public BaseAdaptivePoolingLayer {
 public:
  explicit AdaptiveAveragePooling3DLayer(Options options)
      : BaseAdaptivePoolingLayer("AdaptiveAveragePooling3D", 3, ops::adaptive_average_pool,
                                 std::move(options)) {}
};

namespace layers {
using AdaptiveAveragePooling1D = Ref<AdaptiveAveragePooling1DLayer>;
using AdaptiveAveragePooling2D = Ref<AdaptiveAveragePooling2DLayer>;
using AdaptiveAveragePooling3D = Ref<AdaptiveAveragePooling3DLayer>;
}  // namespace layers

}  // namespace sepal
