#include "sepal/ops/crossentropy.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/kernels/elementwise.h"
#include "sepal/kernels/float_math.h"
#include "sepal/kernels/softmax.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/dispatch.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/half.h"
#include "sepal/ops/operands.h"
#include "sepal/ops/reduce.h"
#include "sepal/ops/rows.h"

namespace sepal::ops {
namespace {

std::string received(const Tensor& target, const Tensor& output) {
  return fmt::format("Received: target.shape={}, output.shape={}", target.shape().str(),
                     output.shape().str());
}

Shape without_last(const Shape& shape) { return shape.slice(0, shape.rank() - 1); }

// Labels as int64, one for each row of `output`.
Tensor checked_labels(const Tensor& target, const Tensor& output) {
  if (output.rank() < 1) {
    throw ValueError(fmt::format("Argument `output` must be at least rank 1. Received: output.shape={}",
                                 output.shape().str()));
  }
  Shape shape = target.shape();
  if (shape.rank() == output.rank() && shape.back() == 1) shape = without_last(shape);
  if (shape.rank() != output.rank() - 1) {
    throw ValueError("Argument `target` must have one axis less than `output`, or a last axis of length 1. " +
                     received(target, output));
  }
  if (shape != without_last(output.shape())) {
    throw ValueError("Arguments `target` and `output` must have the same shape up to the last dimension. " +
                     received(target, output));
  }
  const Tensor labels = target.astype(DType::int64);
  const std::int64_t classes = output.shape().back();
  for (const std::int64_t label : labels.values<std::int64_t>()) {
    if (label >= 0 && label < classes) continue;
    throw InvalidArgumentError(
        fmt::format("Received a label value of {} which is outside the valid range of [0, {}) of `output` "
                    "with {} classes.",
                    label, classes, classes));
  }
  return labels;
}

void check_same_shape(const Tensor& target, const Tensor& output, int least_rank) {
  if (target.rank() < least_rank) {
    throw ValueError("Arguments `target` and `output` must be at least rank 1. " + received(target, output));
  }
  if (target.rank() != output.rank()) {
    throw ValueError("Arguments `target` and `output` must have the same rank (ndim). " +
                     received(target, output));
  }
  if (target.shape() != output.shape()) {
    throw ValueError("Arguments `target` and `output` must have the same shape. " + received(target, output));
  }
}

// (rows, classes): 1 at each row's label.
Tensor one_hot(const Tensor& labels, const Tensor& like) {
  Tensor out = Tensor::zeros(like.shape(), like.dtype());
  const std::int64_t* label = labels.data<std::int64_t>();
  dispatch_float(like.dtype(), [&](auto type) {
    using T = decltype(type);
    T* row = out.mutable_data<T>();
    for (std::int64_t i = 0; i < labels.num_elements(); ++i, row += like.shape().back()) row[label[i]] = T(1);
  });
  return out;
}

// (softmax(logits) - target) g in ops, for a tape around the gradient; g has one element for each row.
Tensor differentiable_gradient(const Tensor& logits, const Tensor& target, const Tensor& g) {
  Shape column = g.shape();
  column.push_back(1);
  return multiply(subtract(softmax(logits), target), reshape(g, column));
}

Tensor sparse_from_logits(const Tensor& labels, const Tensor& logits) {
  Tensor loss(without_last(logits.shape()), logits.dtype());
  dispatch_float(logits.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::sparse_cross_entropy(rows_of(logits), logits.data<T>(), labels.data<std::int64_t>(),
                                  loss.mutable_data<T>());
  });
  if (GradientTape::is_recording({logits})) {
    GradientTape::record("sparse_categorical_crossentropy", {logits}, {loss},
                         [labels, logits](const Tensors& g) {
                           if (GradientTape::is_recording({logits, g[0]})) {
                             return Tensors{differentiable_gradient(logits, one_hot(labels, logits), g[0])};
                           }
                           Tensor dx(logits.shape(), logits.dtype());
                           dispatch_float(logits.dtype(), [&](auto type) {
                             using T = decltype(type);
                             kernels::sparse_cross_entropy_gradient(rows_of(logits), logits.data<T>(),
                                                                    labels.data<std::int64_t>(),
                                                                    g[0].data<T>(), dx.mutable_data<T>());
                           });
                           return Tensors{dx};
                         });
  }
  return loss;
}

Tensor categorical_from_logits(const Tensor& target, const Tensor& logits) {
  Tensor loss(without_last(logits.shape()), logits.dtype());
  dispatch_float(logits.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::cross_entropy(rows_of(logits), logits.data<T>(), target.data<T>(), loss.mutable_data<T>());
  });
  if (GradientTape::is_recording({logits})) {
    GradientTape::record("categorical_crossentropy", {logits}, {loss}, [target, logits](const Tensors& g) {
      if (GradientTape::is_recording({logits, g[0]})) {
        return Tensors{differentiable_gradient(logits, target, g[0])};
      }
      Tensor dx(logits.shape(), logits.dtype());
      dispatch_float(logits.dtype(), [&](auto type) {
        using T = decltype(type);
        kernels::cross_entropy_gradient(rows_of(logits), logits.data<T>(), target.data<T>(), g[0].data<T>(),
                                        dx.mutable_data<T>());
      });
      return Tensors{dx};
    });
  }
  return loss;
}

// As FromProbabilities clips, for every class.
Tensor clipped_probabilities(const Tensor& output) {
  const double least = epsilon();
  return clip(output, least, 1 - least);
}

// Losses of one target t and one output x. The slope and curvature are derivatives in x.
struct FromLogits {
  // -t log(sigmoid(x)) - (1 - t) log(1 - sigmoid(x)), without overflow or cancellation.
  template <class T>
  static T value(T t, T x) {
    return ((x > T(0) ? x : T(0)) - x * t) + kernels::log1p(kernels::exp(-std::abs(x)));
  }
  template <class T>
  static T slope(T t, T x) {
    return kernels::sigmoid(x) - t;
  }
  template <class T>
  static T curvature(T, T x) {
    const T s = kernels::sigmoid(x);
    return s * (T(1) - s);
  }
};

struct FromProbabilities {
  double epsilon;
  template <class T>
  T clipped(T x) const {
    return std::min(std::max(x, T(epsilon)), T(1 - epsilon));
  }
  template <class T>
  T value(T t, T x) const {
    const T p = clipped(x);
    return -(t * kernels::log(p) + (T(1) - t) * kernels::log(T(1) - p));
  }
  template <class T>
  T slope(T t, T x) const {
    return x == clipped(x) ? (T(1) - t) / (T(1) - x) - t / x : T(0);
  }
  template <class T>
  T curvature(T t, T x) const {
    return x == clipped(x) ? (T(1) - t) / ((T(1) - x) * (T(1) - x)) + t / (x * x) : T(0);
  }
};

// curvature(t, x), whose own derivative is not implemented.
template <class Loss>
Tensor loss_curvature(const Tensor& t, const Tensor& x, Loss loss) {
  Tensor out(x.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto f = [loss](T target, T v) { return loss.curvature(target, v); };
    kernels::map(x.num_elements(), f, out.mutable_data<T>(), t.data<T>(), x.data<T>());
  });
  if (GradientTape::is_recording({x})) {
    GradientTape::record_not_differentiable("binary_crossentropy", {x}, {out});
  }
  return out;
}

// g * slope(t, x).
template <class Loss>
Tensor loss_gradient(const Tensor& t, const Tensor& x, const Tensor& g, Loss loss) {
  Tensor out(x.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto f = [loss](T target, T v, T weight) { return weight * loss.slope(target, v); };
    kernels::map(x.num_elements(), f, out.mutable_data<T>(), t.data<T>(), x.data<T>(), g.data<T>());
  });
  if (GradientTape::is_recording({x, g})) {
    GradientTape::record("binary_crossentropy", {x, g}, {out}, [t, x, g, loss](const Tensors& outer) {
      return Tensors{multiply(multiply(outer[0], g), loss_curvature(t, x, loss)),
                     loss_gradient(t, x, outer[0], loss)};
    });
  }
  return out;
}

template <class Loss>
Tensor pointwise_loss(const Tensor& t, const Tensor& x, Loss loss) {
  Tensor out(x.shape(), x.dtype());
  dispatch_float(x.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto f = [loss](T target, T v) { return loss.value(target, v); };
    kernels::map(x.num_elements(), f, out.mutable_data<T>(), t.data<T>(), x.data<T>());
  });
  if (GradientTape::is_recording({x})) {
    GradientTape::record("binary_crossentropy", {x}, {out},
                         [t, x, loss](const Tensors& g) { return Tensors{loss_gradient(t, x, g[0], loss)}; });
  }
  return out;
}

}  // namespace

Tensor sparse_categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  expect_one_computable_dtype("sparse_categorical_crossentropy", {{"output", output}});
  if (is_half(output.dtype())) {
    return in_float32(
        [&](const Tensor& wide) { return sparse_categorical_crossentropy(target, wide, from_logits); },
        output);
  }
  const Tensor labels = checked_labels(target, output);
  if (from_logits) return sparse_from_logits(labels, output);
  return sparse_from_logits(labels, log(clipped_probabilities(output)));
}

Tensor categorical_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  expect_one_computable_dtype("categorical_crossentropy", {{"output", output}});
  if (is_half(output.dtype())) {
    return in_float32([&](const Tensor& wide) { return categorical_crossentropy(target, wide, from_logits); },
                      output);
  }
  check_same_shape(target, output, 1);
  const Tensor weights = target.astype(output.dtype());
  if (from_logits) return categorical_from_logits(weights, output);
  const Tensor normalized = divide(output, sum(output, {{-1}}, true));
  return negative(sum(multiply(weights, log(clipped_probabilities(normalized))), {{-1}}));
}

Tensor binary_crossentropy(const Tensor& target, const Tensor& output, bool from_logits) {
  expect_one_computable_dtype("binary_crossentropy", {{"output", output}});
  if (is_half(output.dtype())) {
    return in_float32([&](const Tensor& wide) { return binary_crossentropy(target, wide, from_logits); },
                      output);
  }
  check_same_shape(target, output, 0);
  const Tensor truth = target.astype(output.dtype());
  return from_logits ? pointwise_loss(truth, output, FromLogits{})
                     : pointwise_loss(truth, output, FromProbabilities{epsilon()});
}

}  // namespace sepal::ops
