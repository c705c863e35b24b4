// GlobalAveragePooling1D, GlobalAveragePooling2D and GlobalAveragePooling3D (keras.layers of the same names).
#pragma once

#include "sepal/layers/pooling/base_global_pooling.h"

namespace sepal {

class GlobalAveragePoolingLayer : public BaseGlobalPoolingLayer {
 protected:
  using BaseGlobalPoolingLayer::BaseGlobalPoolingLayer;
  Tensor call(const Tensor& input, const CallContext& context) override;
};

/// With a mask (batch, steps): the mean of the steps that count, NaN if none does. The output has no mask.
class GlobalAveragePooling1DLayer : public GlobalAveragePoolingLayer {
 public:
  explicit GlobalAveragePooling1DLayer(Options options)
      : GlobalAveragePoolingLayer("GlobalAveragePooling1D", 1, std::move(options)) {
    set_supports_masking();
  }

 protected:
  Tensor call(const Tensor& input, const CallContext& context) override;
  Tensors compute_masks(const Tensors&, const Tensors&) override { return {}; }
  bool takes_mask() const override { return true; }
};

class GlobalAveragePooling2DLayer : public GlobalAveragePoolingLayer {
 public:
  explicit GlobalAveragePooling2DLayer(Options options)
      : GlobalAveragePoolingLayer("GlobalAveragePooling2D", 2, std::move(options)) {}
};

class GlobalAveragePooling3DLayer : public GlobalAveragePoolingLayer {
 public:
  explicit GlobalAveragePooling3DLayer(Options options)
      : GlobalAveragePoolingLayer("GlobalAveragePooling3D", 3, std::move(options)) {}
};

namespace layers {
using GlobalAveragePooling1D = Ref<GlobalAveragePooling1DLayer>;
using GlobalAvgPool1D = GlobalAveragePooling1D;
using GlobalAveragePooling2D = Ref<GlobalAveragePooling2DLayer>;
using GlobalAvgPool2D = GlobalAveragePooling2D;
using GlobalAveragePooling3D = Ref<GlobalAveragePooling3DLayer>;
using GlobalAvgPool3D = GlobalAveragePooling3D;
}  // namespace layers

}  // namespace sepal
