#include "sepal/layers/preprocessing/normalization.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/base/nested_numbers.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

double count_of(const Tensor& batch, const std::vector<std::int64_t>& axes) {
  double count = 1.0;
  for (const std::int64_t axis : axes) count *= static_cast<double>(batch.shape()[static_cast<int>(axis)]);
  return count;
}

}  // namespace

StatisticsArgument::StatisticsArgument(const std::vector<double>& values)
    : values_(Tensor::from(values, {static_cast<std::int64_t>(values.size())})) {}

void config_put(Json& out, const char* key, const StatisticsArgument& value) {
  out[key] = value.is_given() ? nested_numbers(value.values()) : Json(nullptr);
}

void config_get(const Json& in, const ConfigField& field, StatisticsArgument& value) {
  value = in.is_null() ? StatisticsArgument() : StatisticsArgument(nested_numbers_from(in, field));
}

NormalizationLayer::NormalizationLayer(Options options)
    : ConfiguredLayer("Normalization", std::move(options)) {
  options_.axis = IntTuple(options_.axis ? options_.axis->values() : std::vector<std::int64_t>{});
  const StatisticsArgument& mean = options_.mean;
  const StatisticsArgument& variance = options_.variance;
  if (mean.is_given() != variance.is_given()) {
    throw ValueError(
        fmt::format("When setting values directly, both `mean` and `variance` must be set. Received: only {}",
                    mean.is_given() ? "mean" : "variance"));
  }
  if (mean.is_given() && mean.values().shape() != variance.values().shape()) {
    throw ValueError(fmt::format(
        "When setting values directly, `mean` and `variance` must have the same shape. Received: mean shape "
        "{} and variance shape {}",
        mean.values().shape().str(), variance.values().shape().str()));
  }
  if (mean.is_given() && mean.values().rank() > static_cast<int>(options_.axis->size())) {
    throw ValueError(
        fmt::format("The rank of `mean` must be less than or equal to the number of axes ({}). Received: "
                    "mean shape {} for axis {}",
                    options_.axis->size(), mean.values().shape().str(), options_.axis->str()));
  }
  set_supports_masking();
}

void NormalizationLayer::build(const Shape& input_shape) {
  const int rank = input_shape.rank();
  keep_axes_.clear();
  for (const std::int64_t axis : options_.axis->values()) {
    if (axis < -rank || axis >= rank) {
      throw ValueError(
          fmt::format("All `axis` values must be in the range [-ndim, ndim). Received inputs with ndim={}, "
                      "while axis={}",
                      rank, options_.axis->str()));
    }
    keep_axes_.push_back(normalize_axis(axis, rank));
  }
  std::sort(keep_axes_.begin(), keep_axes_.end());
  reduce_axes_.clear();
  broadcast_shape_ = Shape();
  Shape kept;
  for (int axis = 0; axis < rank; ++axis) {
    const bool keeps = std::binary_search(keep_axes_.begin(), keep_axes_.end(), axis);
    if (keeps && input_shape[axis] == kNone) {
      throw ValueError(
          fmt::format("All `axis` values to be kept must have a known shape. Received axis={}, "
                      "inputs.shape={}, with unknown axis at index {}",
                      options_.axis->str(), input_shape.str(), axis));
    }
    if (keeps) {
      kept.push_back(input_shape[axis]);
    } else {
      reduce_axes_.push_back(axis);
    }
    broadcast_shape_.push_back(keeps ? input_shape[axis] : 1);
  }
  if (options_.mean.is_given()) {
    (void)laid_out(options_.mean.values());
    return;
  }
  mean_ = add_weight({.shape = kept, .initializer = "zeros", .trainable = false, .name = "mean"});
  variance_ = add_weight({.shape = kept, .initializer = "ones", .trainable = false, .name = "variance"});
  // Keras on TensorFlow takes its whole numbers to be int64.
  count_ = add_weight(
      {.shape = {}, .initializer = "zeros", .trainable = false, .name = "count", .dtype = DType::int64});
}

// A given mean's axes are the last of those that are kept.
Tensor NormalizationLayer::laid_out(const Tensor& given) const {
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(broadcast_shape_.rank()), 1));
  const std::size_t first = keep_axes_.size() - static_cast<std::size_t>(given.rank());
  for (int i = 0; i < given.rank(); ++i)
    shape[keep_axes_[first + static_cast<std::size_t>(i)]] = given.shape()[i];
  return ops::broadcast_to(given.reshaped(shape), broadcast_shape_).astype(compute_dtype());
}

Tensor NormalizationLayer::broadcast_mean() const {
  if (options_.mean.is_given()) return laid_out(options_.mean.values());
  return mean_.value().reshaped(broadcast_shape_);
}

Tensor NormalizationLayer::broadcast_variance() const {
  if (options_.mean.is_given()) return laid_out(options_.variance.values());
  return variance_.value().reshaped(broadcast_shape_);
}

Tensor NormalizationLayer::call(const Tensor& input, const CallContext&) {
  const Tensor x = ops::cast(input, compute_dtype());
  const Tensor floor = Tensor::scalar(epsilon(), compute_dtype());
  const Tensor deviation = ops::maximum(ops::sqrt(broadcast_variance()), floor);
  if (options_.invert) return ops::add(broadcast_mean(), ops::multiply(x, deviation));
  return ops::divide(ops::subtract(x, broadcast_mean()), deviation);
}

void NormalizationLayer::adapt(const Tensors& batches) {
  if (batches.empty()) {
    throw ValueError("adapt() received no batches. Expected at least one batch.");
  }
  build_for({batches[0].shape()});
  if (options_.mean.is_given()) return;
  Tensor mean;
  Tensor variance;
  double count = 0.0;
  for (const Tensor& batch : batches) {
    bool fits = batch.rank() == broadcast_shape_.rank() && batch.num_elements() > 0;
    for (const int axis : keep_axes_) fits = fits && batch.shape()[axis] == broadcast_shape_[axis];
    if (!fits) {
      throw ValueError(
          fmt::format("The layer was built with input_shape={}, but adapt() is being called with data with "
                      "an incompatible shape, data.shape={}",
                      build_shapes().at(0).str(), batch.shape().str()));
    }
    const Tensor data = batch.astype(DType::float64);
    const Tensor batch_mean = ops::mean(data, reduce_axes_, true);
    const Tensor batch_variance = ops::mean(ops::square(ops::subtract(data, batch_mean)), reduce_axes_, true);
    const double batch_count = count_of(batch, reduce_axes_);
    count += batch_count;
    const double share = batch_count / count;
    if (!mean.defined()) {
      mean = batch_mean;
      variance = batch_variance;
      continue;
    }
    // Chan, Golub and LeVeque 1979: moments of two sets from those of each.
    const Tensor step = ops::subtract(batch_mean, mean);
    variance = ops::add(ops::add(ops::multiply(variance, 1.0 - share), ops::multiply(batch_variance, share)),
                        ops::multiply(ops::square(step), share * (1.0 - share)));
    mean = ops::add(mean, ops::multiply(step, share));
  }
  mean_.assign(mean.reshaped(mean_.shape()));
  variance_.assign(variance.reshaped(variance_.shape()));
}

}  // namespace sepal
