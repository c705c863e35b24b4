#include "sepal/layers/applications/imagenet_utils.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/layers/image_data_format.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"

namespace sepal {
namespace {

using Channels = std::array<double, 3>;

// Of ImageNet's training pictures: blue first in [0, 255], and red first in [0, 1].
constexpr Channels kCaffeMean = {103.939, 116.779, 123.68};
constexpr Channels kTorchMean = {0.485, 0.456, 0.406};
constexpr Channels kTorchDeviation = {0.229, 0.224, 0.225};

// A number for each channel, in the dtype of x and of a shape that broadcasts to it.
Tensor for_channels(const Channels& values, const Tensor& x, int channel_axis) {
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(x.rank()), 1));
  shape[channel_axis] = 3;
  return Tensor::from<double>(values, shape).astype(x.dtype());
}

Tensor reversed(const Tensor& x, int channel_axis) {
  return ops::concatenate({ops::slice(x, channel_axis, 2, 3), ops::slice(x, channel_axis, 1, 2),
                           ops::slice(x, channel_axis, 0, 1)},
                          channel_axis);
}

// Division, not multiplication by the reciprocal: to the last bit what NumPy does.
Tensor divided_by(const Tensor& x, double by) { return ops::divide(x, Tensor::scalar(by, x.dtype())); }

int channel_axis_of(const Tensor& x, const std::string& mode, const std::string& data_format) {
  const bool first = data_format == "channels_first";
  const int axis = first ? x.rank() - 3 : x.rank() - 1;
  if (x.rank() < 3 || x.rank() > 4 || x.shape()[axis] != 3) {
    throw ValueError(fmt::format(
        "preprocess_input expects one or a batch of images with 3 channels for mode={}, data_format={}. "
        "Received: input of shape {}",
        mode, data_format, x.shape().str()));
  }
  return axis;
}

}  // namespace

Tensor preprocess_input(const Tensor& x, const std::string& mode, const std::string& data_format) {
  if (mode != "caffe" && mode != "tf" && mode != "torch") {
    throw ValueError(
        fmt::format("Expected mode to be one of `caffe`, `tf` or `torch`. Received: mode={}", mode));
  }
  const std::string format = standardize_data_format(data_format);
  const Tensor pixels = is_floating(x.dtype()) ? x : ops::cast(x, floatx());
  if (mode == "tf") return ops::add(divided_by(pixels, 127.5), -1.0);
  const int axis = channel_axis_of(pixels, mode, format);
  if (mode == "caffe") {
    return ops::subtract(reversed(pixels, axis), for_channels(kCaffeMean, pixels, axis));
  }
  const Tensor centered = ops::subtract(divided_by(pixels, 255.0), for_channels(kTorchMean, pixels, axis));
  return ops::divide(centered, for_channels(kTorchDeviation, pixels, axis));
}

std::vector<std::vector<Prediction>> decode_predictions(const Tensor& predictions,
                                                        const std::vector<ClassName>& classes,
                                                        std::int64_t top) {
  const auto count = static_cast<std::int64_t>(classes.size());
  if (predictions.rank() != 2 || predictions.shape()[1] != count) {
    throw ValueError(
        fmt::format("`decode_predictions` expects a batch of predictions (i.e. a 2D array of shape (samples, "
                    "{})). Received "
                    "array with shape: {}",
                    count, predictions.shape().str()));
  }
  if (top < 1) throw ValueError(fmt::format("`top` must be at least 1. Received: top={}", top));
  const Tensor scores = predictions.astype(DType::float64);
  std::vector<std::vector<Prediction>> decoded;
  for (std::int64_t row = 0; row < scores.shape()[0]; ++row) {
    const double* of_row = scores.data<double>() + row * count;
    // Descending, so that the higher number stands first among equals.
    std::vector<std::int64_t> order(static_cast<std::size_t>(count));
    std::iota(order.rbegin(), order.rend(), 0);
    // NaN compares with nothing, which no sort survives: it comes last.
    const auto rank = [&](std::int64_t i) { return std::isnan(of_row[i]) ? -HUGE_VAL : of_row[i]; };
    std::stable_sort(order.begin(), order.end(),
                     [&](std::int64_t a, std::int64_t b) { return rank(a) > rank(b); });
    order.resize(static_cast<std::size_t>(std::min(top, count)));
    std::vector<Prediction> best;
    for (const std::int64_t index : order) {
      best.push_back({index, classes[static_cast<std::size_t>(index)], of_row[index]});
    }
    decoded.push_back(std::move(best));
  }
  return decoded;
}

std::vector<std::vector<Prediction>> decode_predictions(const Tensor& predictions,
                                                        const std::string& class_file, std::int64_t top) {
  return decode_predictions(predictions, read_class_names(class_file), top);
}

}  // namespace sepal
