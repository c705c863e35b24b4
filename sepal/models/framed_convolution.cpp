#include "sepal/models/framed_convolution.h"

#include <typeinfo>

#include "sepal/layers/convolutional/depthwise_conv2d.h"
#include "sepal/layers/reshaping/zero_padding.h"

namespace sepal {
namespace {

bool is_plain(const Layer& layer, const Tensor& input) {
  return layer.built() && layer.dtype_policy().name() == name_of(input.dtype()) &&
         !layer.activity_regularizer();
}

}  // namespace

bool may_frame(const Layer& layer, const Layer& next) {
  return typeid(layer) == typeid(ZeroPadding2DLayer) && typeid(next) == typeid(DepthwiseConv2DLayer) &&
         static_cast<const ZeroPadding2DLayer&>(layer).options().data_format ==
             static_cast<const DepthwiseConv2DLayer&>(next).options().data_format;
}

std::optional<Tensor> framed_and_convolved(const Layer& layer, Layer& next, const Tensor& input) {
  if (!is_plain(layer, input) || !is_plain(next, input) || input.mask().defined() || input.rank() != 4) {
    return std::nullopt;
  }
  const SpatialPairs& zeros = static_cast<const ZeroPadding2DLayer&>(layer).options().padding;
  const auto [top, bottom] = zeros[0];
  const auto [left, right] = zeros[1];
  return static_cast<DepthwiseConv2DLayer&>(next).call_framed(input, {top, bottom, left, right});
}

}  // namespace sepal
