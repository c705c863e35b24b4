#include "sepal/layers/normalization/batch_normalization.h"

#include <fmt/format.h>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/layers/normalization/scale_weights.h"
#include "sepal/ops/array.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/normalization.h"
#include "sepal/ops/reduce.h"

namespace sepal {
namespace {

// moving * momentum + batch * (1 - momentum), each factor and product rounded to the dtype as Keras's are.
template <class T>
void move_towards(Tensor& moving, const Tensor& batch, double momentum) {
  const T kept = static_cast<T>(momentum);
  const T added = static_cast<T>(1.0 - momentum);
  T* values = moving.mutable_data<T>();
  const T* news = batch.data<T>();
  for (std::int64_t i = 0; i < moving.num_elements(); ++i) values[i] = values[i] * kept + news[i] * added;
}

void update_moving(Variable& moving, const Tensor& batch, double momentum) {
  if (moving.dtype() == DType::float64) {
    move_towards<double>(moving.mutable_value(), batch, momentum);
  } else if (moving.dtype() == DType::float32) {
    move_towards<float>(moving.mutable_value(), batch, momentum);
  } else {
    Tensor value = moving.value().astype(DType::float32);
    move_towards<float>(value, batch, momentum);
    moving.assign(value);
  }
}

}  // namespace

BatchNormalizationLayer::BatchNormalizationLayer(Options options)
    : ConfiguredLayer("BatchNormalization", std::move(options)) {
  if (options_.renorm) {
    throw UnimplementedError("BatchNormalization: `renorm=True` is not implemented.");
  }
  set_supports_masking();
}

void BatchNormalizationLayer::build(const Shape& input_shape) {
  const int axis = normalize_axis(options_.axis, input_shape.rank());
  const std::int64_t length = input_shape[axis];
  if (length == kNone) {
    throw ValueError(
        fmt::format("Axis {} of the inputs to BatchNormalization should be defined. Full input shape "
                    "received: {}",
                    options_.axis, input_shape.str()));
  }
  const Shape shape{length};
  if (options_.scale) gamma_ = add_weight(gamma_weight(options_, shape));
  if (options_.center) beta_ = add_weight(beta_weight(options_, shape));
  moving_mean_ = add_weight({.shape = shape,
                             .initializer = options_.moving_mean_initializer,
                             .trainable = false,
                             .name = "moving_mean",
                             .autocast = false});
  moving_variance_ = add_weight({.shape = shape,
                                 .initializer = options_.moving_variance_initializer,
                                 .trainable = false,
                                 .name = "moving_variance",
                                 .autocast = false});
  set_input_spec({.ndim = input_shape.rank(), .axes = {{axis, length}}});
}

Tensor BatchNormalizationLayer::call(const Tensor& input, const CallContext& context) {
  return ops::cast(normalized(ops::widened(input), context), compute_dtype());
}

Tensor BatchNormalizationLayer::normalized(const Tensor& input, const CallContext& context) {
  const int axis = normalize_axis(options_.axis, input.rank());
  const Tensor gamma = value_as(gamma_, input.dtype());
  const Tensor beta = value_as(beta_, input.dtype());
  if (!context.training || !trainable()) {
    return ops::batch_norm_inference(input, value_as(moving_mean_, input.dtype()),
                                     value_as(moving_variance_, input.dtype()), gamma, beta, axis,
                                     options_.epsilon);
  }
  if (const Tensor mask = context.mask(); mask.defined()) return call_masked(input, mask, gamma, beta, axis);
  ops::BatchNormResult result = ops::batch_norm_training(input, gamma, beta, axis, options_.epsilon);
  update_moving(moving_mean_, result.mean, options_.momentum);
  update_moving(moving_variance_, result.variance, options_.momentum);
  return std::move(result.output);
}

Tensor BatchNormalizationLayer::train_and_clamp(const Tensor& input, const ops::Bounds& bounds) {
  ops::BatchNormResult result =
      ops::batch_norm_training(input, gamma_ ? gamma_.value() : Tensor(), beta_ ? beta_.value() : Tensor(),
                               normalize_axis(options_.axis, input.rank()), options_.epsilon, bounds);
  update_moving(moving_mean_, result.mean, options_.momentum);
  update_moving(moving_variance_, result.variance, options_.momentum);
  return std::move(result.output);
}

// Keras: `BatchNormalization._moments` with a mask. The fuzz is the process's, not the layer's own.
Tensor BatchNormalizationLayer::call_masked(const Tensor& input, const Tensor& mask, const Tensor& gamma,
                                            const Tensor& beta, int axis) {
  if (mask.rank() != input.rank() - 1) {
    throw ValueError(fmt::format(
        "The mask provided should be one dimension less than the inputs. Received: mask.shape={}, "
        "inputs.shape={}",
        mask.shape().str(), input.shape().str()));
  }
  Shape column = mask.shape();
  column.push_back(1);
  const Tensor kept = ops::broadcast_to(mask.reshaped(column), input.shape());
  const Tensor zeros = Tensor::zeros(input.shape(), input.dtype());
  std::vector<std::int64_t> reduced;
  Shape along(std::vector<std::int64_t>(static_cast<std::size_t>(input.rank()), 1));
  along[axis] = input.shape()[axis];
  for (int i = 0; i < input.rank(); ++i) {
    if (i != axis) reduced.push_back(i);
  }
  const Tensor count = ops::add(ops::sum(kept.astype(input.dtype()), reduced, true), epsilon());
  const Tensor mean = ops::divide(ops::sum(ops::where(kept, input, zeros), reduced, true), count);
  const Tensor centered = ops::subtract(input, mean);
  const Tensor variance =
      ops::divide(ops::sum(ops::square(ops::where(kept, centered, zeros)), reduced, true), count);
  update_moving(moving_mean_, mean.reshaped(moving_mean_.shape()), options_.momentum);
  update_moving(moving_variance_, variance.reshaped(moving_variance_.shape()), options_.momentum);
  Tensor output = ops::divide(centered, ops::sqrt(ops::add(variance, options_.epsilon)));
  if (gamma.defined()) output = ops::multiply(output, ops::reshape(gamma, along));
  return beta.defined() ? ops::add(output, ops::reshape(beta, along)) : output;
}

}  // namespace sepal
