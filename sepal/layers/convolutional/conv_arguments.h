// What the two-dimensional convolution layers have in common: the meaning of their arguments.
#pragma once

#include "sepal/base/config.h"
#include "sepal/base/shape.h"
#include "sepal/layers/input_spec.h"
#include "sepal/ops/conv.h"

namespace sepal {

/// Checks and completes the shared arguments of an Options struct, in Keras's order: kernel_size, strides,
/// padding, data_format, dilation_rate.
/// @throws ValueError naming the argument.
void standardize_conv_arguments(IntTuple& kernel_size, IntTuple& strides, std::string& padding,
                                std::string& data_format, IntTuple& dilation_rate);

/// @throws ValueError "Invalid value for argument `filters`. Expected a strictly positive value. Received
/// filters=0."
void expect_positive(std::int64_t value, const char* argument);

/// @throws ValueError if both some stride and some dilation exceed 1.
void expect_no_strides_with_dilation(const IntTuple& strides, const IntTuple& dilation_rate);

/// The same as arguments of the ops; the tuples are complete.
ops::Conv2DOptions conv2d_options(const IntTuple& strides, const std::string& padding,
                                  const std::string& data_format, const IntTuple& dilation_rate,
                                  std::int64_t groups = 1);

/// Axis of the channels in a rank-4 shape.
int channel_axis(const std::string& data_format);

/// Channels of `input_shape`.
/// @throws ValueError if they are not known.
std::int64_t defined_channels(const Shape& input_shape, const std::string& data_format);

/// What a built layer demands: rank 4 and these channels.
InputSpec image_spec(const std::string& data_format, std::int64_t channels);

/// Shape after a window of `kernel_size`, with `filters` channels.
/// @throws ValueError "Computed output size would be zero or negative. …"
Shape conv_output_shape(const Shape& input_shape, std::int64_t filters, const IntTuple& kernel_size,
                        const IntTuple& strides, const std::string& padding, const std::string& data_format,
                        const IntTuple& dilation_rate);

}  // namespace sepal
