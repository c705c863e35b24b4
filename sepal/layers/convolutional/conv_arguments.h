// What the convolution and pooling layers have in common: the meaning of their arguments. The number of
// spatial axes (1, 2 or 3) is `axes`, or the length of `kernel_size`.
#pragma once

#include "sepal/base/config.h"
#include "sepal/base/shape.h"
#include "sepal/layers/input_spec.h"
#include "sepal/ops/conv_nd.h"

namespace sepal {

/// Checks and completes the shared arguments of an Options struct, in Keras's order: kernel_size, strides,
/// padding, data_format, dilation_rate.
/// @throws ValueError naming the argument.
void standardize_conv_arguments(std::size_t axes, IntTuple& kernel_size, IntTuple& strides,
                                std::string& padding, std::string& data_format, IntTuple& dilation_rate,
                                bool allow_causal = false);

/// @throws ValueError "Invalid value for argument `filters`. Expected a strictly positive value. Received
/// filters=0."
void expect_positive(std::int64_t value, const char* argument);

/// @throws ValueError if both some stride and some dilation exceed 1.
void expect_no_strides_with_dilation(const IntTuple& strides, const IntTuple& dilation_rate);

/// @throws InvalidArgumentError under Compatibility::tf14 if the strides differ: TensorFlow 1.4 could not run
/// depthwise convolutions with such strides, although it could describe them.
void expect_strides_that_run(const IntTuple& strides);

/// The same as arguments of the ops; the tuples are complete.
ops::ConvOptions conv_options(const IntTuple& strides, const std::string& padding,
                              const std::string& data_format, const IntTuple& dilation_rate,
                              std::int64_t groups = 1);

/// Axis of the channels in the shape of a batch.
int channel_axis(const std::string& data_format, std::size_t axes);

/// Channels of `input_shape`.
/// @throws ValueError if its rank is not axes + 2 or they are not known.
std::int64_t defined_channels(const Shape& input_shape, const std::string& data_format, std::size_t axes);

/// What a built layer demands: the rank and these channels.
InputSpec image_spec(const std::string& data_format, std::size_t axes, std::int64_t channels);

/// The window's lengths, then `last`: the shape of a kernel.
Shape kernel_shape(const IntTuple& kernel_size, std::initializer_list<std::int64_t> last);

/// Shape after a window of `kernel_size`, with `filters` channels.
/// @throws ValueError "Computed output size would be zero or negative. …"
Shape conv_output_shape(const Shape& input_shape, std::int64_t filters, const IntTuple& kernel_size,
                        const IntTuple& strides, const std::string& padding, const std::string& data_format,
                        const IntTuple& dilation_rate);

}  // namespace sepal
