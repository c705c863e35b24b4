// GlobalMaxPooling1D, GlobalMaxPooling2D and GlobalMaxPooling3D (keras.layers of the same names).
#pragma once

#include "sepal/layers/pooling/base_global_pooling.h"

namespace sepal {

class GlobalMaxPoolingLayer : public BaseGlobalPoolingLayer {
 protected:
  using BaseGlobalPoolingLayer::BaseGlobalPoolingLayer;
  Tensor call(const Tensor& input, const CallContext& context) override;
};

class GlobalMaxPooling1DLayer : public GlobalMaxPoolingLayer {
 public:
  explicit GlobalMaxPooling1DLayer(Options options)
      : GlobalMaxPoolingLayer("GlobalMaxPooling1D", 1, std::move(options)) {}
};

class GlobalMaxPooling2DLayer : public GlobalMaxPoolingLayer {
 public:
  explicit GlobalMaxPooling2DLayer(Options options)
      : GlobalMaxPoolingLayer("GlobalMaxPooling2D", 2, std::move(options)) {}
};

class GlobalMaxPooling3DLayer : public GlobalMaxPoolingLayer {
 public:
  explicit GlobalMaxPooling3DLayer(Options options)
      : GlobalMaxPoolingLayer("GlobalMaxPooling3D", 3, std::move(options)) {}
};

namespace layers {
using GlobalMaxPooling1D = Ref<GlobalMaxPooling1DLayer>;
using GlobalMaxPool1D = GlobalMaxPooling1D;
using GlobalMaxPooling2D = Ref<GlobalMaxPooling2DLayer>;
using GlobalMaxPool2D = GlobalMaxPooling2D;
using GlobalMaxPooling3D = Ref<GlobalMaxPooling3DLayer>;
using GlobalMaxPool3D = GlobalMaxPooling3D;
}  // namespace layers

}  // namespace sepal
