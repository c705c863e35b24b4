#include "sepal/layers/convolutional/conv_arguments.h"

#include <fmt/format.h>

#include <algorithm>

#include "sepal/base/compatibility.h"
#include "sepal/base/error.h"
#include "sepal/layers/image_data_format.h"

namespace sepal {

void standardize_conv_arguments(std::size_t axes, IntTuple& kernel_size, IntTuple& strides,
                                std::string& padding, std::string& data_format, IntTuple& dilation_rate,
                                bool allow_causal) {
  kernel_size = standardize_tuple(kernel_size, axes, "kernel_size");
  strides = standardize_tuple(strides, axes, "strides");
  padding = allow_causal ? standardize_choice(padding, {"valid", "same", "causal"}, "padding")
                         : standardize_choice(padding, {"valid", "same"}, "padding");
  data_format = standardize_data_format(data_format);
  dilation_rate = standardize_tuple(dilation_rate, axes, "dilation_rate");
}

void expect_positive(std::int64_t value, const char* argument) {
  if (value <= 0) {
    throw ValueError(
        fmt::format("Invalid value for argument `{}`. Expected a strictly positive value. Received {}={}.",
                    argument, argument, value));
  }
}

void expect_no_strides_with_dilation(const IntTuple& strides, const IntTuple& dilation_rate) {
  const auto exceeds_one = [](const IntTuple& tuple) {
    return *std::max_element(tuple.values().begin(), tuple.values().end()) > 1;
  };
  if (exceeds_one(strides) && exceeds_one(dilation_rate)) {
    throw ValueError(
        fmt::format("`strides > 1` not supported in conjunction with `dilation_rate > 1`. Received: "
                    "strides={} and dilation_rate={}",
                    strides.str(), dilation_rate.str()));
  }
}

void expect_strides_that_run(const IntTuple& strides) {
  if (compatibility() != Compatibility::tf14) return;
  for (const std::int64_t stride : strides.values()) {
    if (stride != strides[0]) {
      throw InvalidArgumentError(
          fmt::format("The `strides` argument must be the same for every spatial axis to run as in "
                      "TensorFlow 1.4. Received: strides={}",
                      strides.str()));
    }
  }
}

ops::ConvOptions conv_options(const IntTuple& strides, const std::string& padding,
                              const std::string& data_format, const IntTuple& dilation_rate,
                              std::int64_t groups) {
  return {.strides = strides.values(),
          .dilation_rate = dilation_rate.values(),
          .padding = ops::padding_from_name(padding),
          .channels_first = data_format == "channels_first",
          .groups = groups};
}

int channel_axis(const std::string& data_format, std::size_t axes) {
  return data_format == "channels_first" ? 1 : static_cast<int>(axes) + 1;
}

std::int64_t defined_channels(const Shape& input_shape, const std::string& data_format, std::size_t axes) {
  if (input_shape.rank() != static_cast<int>(axes) + 2) {
    throw ValueError(
        fmt::format("Inputs should have rank {}. Received input_shape={}.", axes + 2, input_shape.str()));
  }
  const int axis = channel_axis(data_format, axes);
  if (input_shape[axis] == kNone) {
    throw ValueError(
        fmt::format("The channel dimension of the inputs should be defined. The input_shape received is "
                    "{}, where axis {} (0-based) is the channel dimension, which found to be `None`.",
                    input_shape.str(), axis));
  }
  return input_shape[axis];
}

InputSpec image_spec(const std::string& data_format, std::size_t axes, std::int64_t channels) {
  return {.ndim = static_cast<int>(axes) + 2, .axes = {{channel_axis(data_format, axes), channels}}};
}

Shape kernel_shape(const IntTuple& kernel_size, std::initializer_list<std::int64_t> last) {
  Shape shape(kernel_size.values());
  for (const std::int64_t length : last) shape.push_back(length);
  return shape;
}

Shape conv_output_shape(const Shape& input_shape, std::int64_t filters, const IntTuple& kernel_size,
                        const IntTuple& strides, const std::string& padding, const std::string& data_format,
                        const IntTuple& dilation_rate) {
  const int first_spatial = data_format == "channels_first" ? 2 : 1;
  Shape shape = input_shape;
  shape[channel_axis(data_format, kernel_size.size())] = filters;
  for (std::size_t i = 0; i < kernel_size.size(); ++i) {
    std::int64_t& length = shape[first_spatial + static_cast<int>(i)];
    if (length == kNone) continue;
    length = ops::window_output_length(length, kernel_size[i], ops::padding_from_name(padding), strides[i],
                                       dilation_rate[i]);
    if (length <= 0) {
      throw ValueError(fmt::format(
          "Computed output size would be zero or negative. Received `inputs shape={}`, `kernel_size={}`, "
          "`strides={}`, `padding={}`, `dilation_rate={}`.",
          input_shape.str(), kernel_size.str(), strides.str(), padding, dilation_rate.str()));
    }
  }
  return shape;
}

}  // namespace sepal
