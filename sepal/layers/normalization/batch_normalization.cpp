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

Tensor moved(const Variable& moving, const Tensor& batch, double momentum) {
  return ops::add(ops::multiply(value_as(moving, batch.dtype()), momentum),
                  ops::multiply(batch, 1.0 - momentum));
}

void check_clipping(const RenormClipping& clipping) {
  if (clipping.rmax && clipping.rmin && *clipping.rmax < *clipping.rmin) {
    throw ValueError(
        fmt::format("rmax should be greater than rmin in the `renorm_clipping` argument. Received: rmax={}, "
                    "rmin={}.",
                    *clipping.rmax, *clipping.rmin));
  }
  if (clipping.dmax && *clipping.dmax < 0) {
    throw ValueError(fmt::format(
        "dmax should be non-negative in the `renorm_clipping` argument. Received: dmax={}.", *clipping.dmax));
  }
}

// (channels,) beside an input of this rank.
Tensor along_axis(const Tensor& channels, int rank, int axis) {
  Shape shape(std::vector<std::int64_t>(static_cast<std::size_t>(rank), 1));
  shape[axis] = channels.num_elements();
  return ops::reshape(channels, shape);
}

}  // namespace

BatchNormalizationLayer::BatchNormalizationLayer(Options options)
    : ConfiguredLayer("BatchNormalization", std::move(options)) {
  if (options_.renorm)
    check_clipping(options_.renorm_clipping.emplace(options_.renorm_clipping.value_or(RenormClipping{})));
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
  if (options_.renorm) {
    moving_stddev_ = add_stddev("moving_stddev", shape);
    renorm_mean_ = add_weight({.shape = shape,
                               .initializer = options_.moving_mean_initializer,
                               .trainable = false,
                               .name = "renorm_mean",
                               .autocast = false});
    renorm_stddev_ = add_stddev("renorm_stddev", shape);
  }
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
  const Tensor mask = context.mask();
  const auto trained = [&](const Tensor& scale, const Tensor& shift) {
    return mask.defined() ? masked_training(input, mask, scale, shift, axis)
                          : ops::batch_norm_training(input, scale, shift, axis, options_.epsilon);
  };
  if (options_.renorm) return renormalized(trained({}, {}), gamma, beta, axis);
  ops::BatchNormResult result = trained(gamma, beta);
  update_moving(moving_mean_, result.mean, options_.momentum);
  update_moving(moving_variance_, result.variance, options_.momentum);
  return std::move(result.output);
}

// Keras: `_renorm_correction_and_moments` and `_compose_transforms`.
Tensor BatchNormalizationLayer::renormalized(const ops::BatchNormResult& batch, const Tensor& gamma,
                                             const Tensor& beta, int axis) {
  const DType dtype = batch.output.dtype();
  const Tensor stddev = ops::sqrt(ops::add(batch.variance, options_.epsilon));
  // Above 0 also before the first batches.
  const Tensor past_stddev =
      ops::maximum(value_as(renorm_stddev_, dtype), ops::sqrt(Tensor::scalar(options_.epsilon, dtype)));
  Tensor r = ops::divide(stddev, past_stddev);
  Tensor d = ops::divide(ops::subtract(batch.mean, value_as(renorm_mean_, dtype)), past_stddev);
  const RenormClipping& clipping = *options_.renorm_clipping;
  if (clipping.rmin) r = ops::maximum(r, Tensor::scalar(*clipping.rmin, dtype));
  if (clipping.rmax) r = ops::minimum(r, Tensor::scalar(*clipping.rmax, dtype));
  if (clipping.dmax) d = ops::clip(d, -*clipping.dmax, *clipping.dmax);
  Tensor scale = r;
  Tensor shift = d;
  if (gamma.defined()) {
    scale = ops::multiply(scale, gamma);
    shift = ops::multiply(shift, gamma);
  }
  if (beta.defined()) shift = ops::add(shift, beta);
  update_renorm(batch.mean, stddev);
  const int rank = batch.output.rank();
  return ops::add(ops::multiply(batch.output, along_axis(scale, rank, axis)), along_axis(shift, rank, axis));
}

void BatchNormalizationLayer::update_renorm(const Tensor& mean, const Tensor& stddev) {
  renorm_mean_.assign(moved(renorm_mean_, mean, options_.renorm_momentum));
  renorm_stddev_.assign(moved(renorm_stddev_, stddev, options_.renorm_momentum));
  moving_mean_.assign(moved(moving_mean_, mean, options_.momentum));
  const Tensor moving_stddev = moved(moving_stddev_, stddev, options_.momentum);
  moving_stddev_.assign(moving_stddev);
  // What is left after rounding may be below 0.
  moving_variance_.assign(ops::maximum(ops::add(ops::square(moving_stddev), -options_.epsilon),
                                       Tensor::scalar(0.0, stddev.dtype())));
}

Variable BatchNormalizationLayer::add_stddev(const char* name, const Shape& shape) {
  Variable stddev = add_weight({.shape = shape,
                                .initializer = options_.moving_variance_initializer,
                                .trainable = false,
                                .name = name,
                                .autocast = false});
  stddev.assign(ops::cast(ops::sqrt(ops::widened(stddev.value())), stddev.dtype()));
  return stddev;
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
ops::BatchNormResult BatchNormalizationLayer::masked_training(const Tensor& input, const Tensor& mask,
                                                              const Tensor& gamma, const Tensor& beta,
                                                              int axis) const {
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
  for (int i = 0; i < input.rank(); ++i) {
    if (i != axis) reduced.push_back(i);
  }
  const Tensor count = ops::add(ops::sum(kept.astype(input.dtype()), reduced, true), epsilon());
  const Tensor mean = ops::divide(ops::sum(ops::where(kept, input, zeros), reduced, true), count);
  const Tensor centered = ops::subtract(input, mean);
  const Tensor variance =
      ops::divide(ops::sum(ops::square(ops::where(kept, centered, zeros)), reduced, true), count);
  Tensor output = ops::divide(centered, ops::sqrt(ops::add(variance, options_.epsilon)));
  if (gamma.defined()) output = ops::multiply(output, along_axis(gamma, input.rank(), axis));
  if (beta.defined()) output = ops::add(output, along_axis(beta, input.rank(), axis));
  const auto of_batch = [&](const Tensor& statistic) {
    return ops::stop_gradient(statistic.reshaped(moving_mean_.shape()));
  };
  return {output, of_batch(mean), of_batch(variance)};
}

}  // namespace sepal
