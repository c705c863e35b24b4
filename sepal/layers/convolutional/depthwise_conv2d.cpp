#include "sepal/layers/convolutional/depthwise_conv2d.h"

#include "sepal/layers/convolutional/conv_arguments.h"

namespace sepal {

Tensor DepthwiseConv2DLayer::call_framed(const Tensor& input, const ops::ZeroFrame& frame) {
  expect_strides_that_run(options_.strides);
  return options_.activation(
      ops::depthwise_conv2d(input, kernel().value(), bias() ? bias().value() : Tensor(),
                            {.stride_h = options_.strides[0],
                             .stride_w = options_.strides[1],
                             .dilation_h = options_.dilation_rate[0],
                             .dilation_w = options_.dilation_rate[1],
                             .padding = ops::padding_from_name(options_.padding),
                             .channels_first = options_.data_format == "channels_first",
                             .kept = kept_weights(),
                             .frame = frame}));
}

}  // namespace sepal
