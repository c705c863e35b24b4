#include "sepal/train/losses/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/crossentropy.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/functions.h"
#include "sepal/ops/logical.h"
#include "sepal/ops/matmul.h"
#include "sepal/ops/power.h"
#include "sepal/ops/reduce.h"

namespace sepal::losses {
namespace {

using Axis = std::vector<std::int64_t>;

Tensor mean_of_last(const Tensor& x) { return ops::mean(x, Axis{-1}); }
Tensor sum_of_last(const Tensor& x) { return ops::sum(x, Axis{-1}); }

Tensor at_least(const Tensor& x, double bound) { return ops::maximum(x, Tensor::scalar(bound, x.dtype())); }

Tensor one_minus(const Tensor& x) { return ops::add(ops::negative(x), 1.0); }

// x divided by its length along `axis`, which counts as at least epsilon.
Tensor unit_length(const Tensor& x, std::int64_t axis) {
  const Tensor squares = ops::sum(ops::square(x), Axis{axis}, true);
  return ops::divide(x, ops::sqrt(at_least(squares, epsilon() * epsilon())));
}

Tensor log_plus_one(const Tensor& x) { return ops::log(ops::add(at_least(x, epsilon()), 1.0)); }

bool is_zero_or_one(const Tensor& x) {
  for (std::int64_t i = 0; i < x.num_elements(); ++i) {
    if (x.at(i) != 0.0 && x.at(i) != 1.0) return false;
  }
  return true;
}

// max(1 - t p, 0) with targets of -1 and 1.
Tensor margin(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor sign = is_zero_or_one(c.y_true) ? ops::add(ops::multiply(c.y_true, 2.0), -1.0) : c.y_true;
  return at_least(one_minus(ops::multiply(sign, c.y_pred)), 0.0);
}

Tensor with_axis_last(const Tensor& x, std::int64_t axis) {
  const int from = normalize_axis(axis, x.rank());
  if (from == x.rank() - 1) return x;
  std::vector<int> permutation(static_cast<std::size_t>(x.rank()));
  std::iota(permutation.begin(), permutation.end(), 0);
  std::rotate(permutation.begin() + from, permutation.begin() + from + 1, permutation.end());
  return ops::transpose(x, permutation);
}

// Labels (..., 1) as (...).
Tensor without_class_axis(const Tensor& y_true, const Tensor& y_pred) {
  const bool has_class_axis = y_true.rank() == y_pred.rank() && y_true.shape().back() == 1;
  return has_class_axis ? y_true.reshaped(y_true.shape().slice(0, y_true.rank() - 1)) : y_true;
}

// Label smoothing among `classes` of equal chance.
Tensor smoothed(const Tensor& target, double amount, double classes) {
  return amount == 0.0 ? target : ops::add(ops::multiply(target, 1.0 - amount), amount / classes);
}

ops::Axes axes_of(const std::optional<IntTuple>& axis) {
  return axis ? ops::Axes(axis->values()) : ops::Axes();
}

Tensor sum_of_products(const Tensor& a, const Tensor& b, const ops::Axes& axes) {
  return ops::sum(ops::multiply(a, b), axes);
}

// log sum exp of the entries of each row where `mask` is true. Where there is none, a number whose softplus
// and that one's derivative are 0.
Tensor masked_logsumexp(const Tensor& x, const Tensor& mask) {
  constexpr double kLowest = -1e30;
  return ops::logsumexp(ops::where(mask, x, Tensor::full(x.shape(), kLowest, x.dtype())), Axis{1});
}

// Which pairs of samples have one label.
Tensor same_label(const Tensor& labels, bool remove_diagonal, bool wanted) {
  const std::int64_t n = labels.num_elements();
  Tensor mask({n, n}, DType::boolean);
  bool* data = mask.mutable_data<bool>();
  for (std::int64_t i = 0; i < n; ++i) {
    for (std::int64_t k = 0; k < n; ++k) {
      const bool is_same = std::trunc(labels.at(i)) == std::trunc(labels.at(k));
      const bool is_itself = i == k && remove_diagonal && wanted;
      data[i * n + k] = is_same == wanted && !is_itself;
    }
  }
  return mask;
}

}  // namespace

Tensor mean_squared_error(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  return mean_of_last(ops::square(ops::subtract(c.y_true, c.y_pred)));
}

Tensor mean_absolute_error(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  return mean_of_last(ops::abs(ops::subtract(c.y_true, c.y_pred)));
}

Tensor mean_absolute_percentage_error(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor size = at_least(ops::abs(c.y_true), epsilon());
  return ops::multiply(mean_of_last(ops::abs(ops::divide(ops::subtract(c.y_true, c.y_pred), size))), 100.0);
}

Tensor mean_squared_logarithmic_error(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  return mean_of_last(ops::square(ops::subtract(log_plus_one(c.y_pred), log_plus_one(c.y_true))));
}

Tensor cosine_similarity(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor product = ops::multiply(unit_length(c.y_true, axis), unit_length(c.y_pred, axis));
  return ops::negative(ops::sum(product, Axis{axis}));
}

Tensor huber(const Tensor& y_true, const Tensor& y_pred, double delta) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor error = ops::abs(ops::subtract(c.y_pred, c.y_true));
  // With q = min(|e|, delta) both branches are q²/2 + delta (|e| - q).
  const Tensor q = ops::minimum(error, Tensor::scalar(delta, error.dtype()));
  return mean_of_last(
      ops::add(ops::multiply(ops::square(q), 0.5), ops::multiply(ops::subtract(error, q), delta)));
}

Tensor log_cosh(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor error = ops::subtract(c.y_pred, c.y_true);
  const Tensor log_sum = ops::add(error, ops::softplus(ops::multiply(error, -2.0)));
  return mean_of_last(ops::add(log_sum, -std::log(2.0)));
}

Tensor kl_divergence(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor target = ops::clip(c.y_true, epsilon(), 1.0);
  const Tensor ratio = ops::divide(target, ops::clip(c.y_pred, epsilon(), 1.0));
  return sum_of_last(ops::multiply(target, ops::log(ratio)));
}

Tensor poisson(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor log_rate = ops::log(ops::add(c.y_pred, epsilon()));
  return mean_of_last(ops::subtract(c.y_pred, ops::multiply(c.y_true, log_rate)));
}

Tensor hinge(const Tensor& y_true, const Tensor& y_pred) { return mean_of_last(margin(y_true, y_pred)); }

Tensor squared_hinge(const Tensor& y_true, const Tensor& y_pred) {
  return mean_of_last(ops::square(margin(y_true, y_pred)));
}

Tensor categorical_hinge(const Tensor& y_true, const Tensor& y_pred) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor positive = sum_of_last(ops::multiply(c.y_true, c.y_pred));
  const Tensor negative = ops::max(ops::multiply(one_minus(c.y_true), c.y_pred), Axis{-1});
  return at_least(ops::add(ops::subtract(negative, positive), 1.0), 0.0);
}

Tensor binary_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                           double label_smoothing, std::int64_t axis) {
  Compared c = to_compare(y_true, y_pred);
  c.y_true = smoothed(c.y_true, label_smoothing, 2.0);
  return ops::mean(ops::binary_crossentropy(c.y_true, c.y_pred, from_logits), Axis{axis});
}

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                double label_smoothing, std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  Tensor target = with_axis_last(c.y_true, axis);
  target = smoothed(target, label_smoothing, static_cast<double>(target.shape().back()));
  return ops::categorical_crossentropy(target, with_axis_last(c.y_pred, axis), from_logits);
}

LossValues sparse_categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                           std::optional<std::int64_t> ignore_class, std::int64_t axis) {
  const Tensor output = with_axis_last(y_pred, axis);
  const Tensor labels =
      without_class_axis(y_true.rank() == output.rank() ? with_axis_last(y_true, axis) : y_true, output);
  if (!ignore_class) return ops::sparse_categorical_crossentropy(labels, output, from_logits);

  // An ignored label may lie outside of the classes; class 0 stands in for it.
  Tensor known = labels.astype(DType::float64);
  Tensor valid(labels.shape(), DType::boolean);
  double* label = known.mutable_data<double>();
  bool* counts = valid.mutable_data<bool>();
  for (std::int64_t i = 0; i < known.num_elements(); ++i) {
    counts[i] = label[i] != static_cast<double>(*ignore_class);
    if (!counts[i]) label[i] = 0.0;
  }
  const Tensor values = ops::sparse_categorical_crossentropy(known, output, from_logits);
  return {ops::where(valid, values, Tensor::zeros(values.shape(), values.dtype())), valid};
}

Tensor binary_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool apply_class_balancing,
                                 double alpha, double gamma, bool from_logits, double label_smoothing,
                                 std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor t = smoothed(c.y_true, label_smoothing, 2.0);
  const Tensor p = from_logits ? ops::sigmoid(c.y_pred) : c.y_pred;
  const Tensor rest = one_minus(t);
  const Tensor right = ops::add(ops::multiply(t, p), ops::multiply(rest, one_minus(p)));
  Tensor values = ops::multiply(ops::power(one_minus(right), gamma), ops::binary_crossentropy(t, p, false));
  if (apply_class_balancing) {
    values = ops::multiply(ops::add(ops::multiply(t, alpha), ops::multiply(rest, 1.0 - alpha)), values);
  }
  return ops::mean(values, Axis{axis});
}

Tensor categorical_focal_crossentropy(const Tensor& y_true, const Tensor& y_pred, const NumberOrList& alpha,
                                      double gamma, bool from_logits, double label_smoothing,
                                      std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  const Tensor t = smoothed(c.y_true, label_smoothing, static_cast<double>(c.y_true.shape().back()));
  const Tensor p = from_logits ? ops::softmax(c.y_pred, axis) : c.y_pred;
  const Tensor share = ops::clip(ops::divide(p, ops::sum(p, Axis{axis}, true)), epsilon(), 1.0 - epsilon());
  const Tensor entropy = ops::negative(ops::multiply(t, ops::log(share)));
  const Tensor factor = Tensor::from<double>(alpha.values, {static_cast<std::int64_t>(alpha.values.size())});
  const Tensor weight = ops::multiply(ops::power(one_minus(share), gamma), factor.astype(share.dtype()));
  return ops::sum(ops::multiply(weight, entropy), Axis{axis});
}

Tensor categorical_generalized_cross_entropy(const Tensor& y_true, const Tensor& y_pred, double q) {
  const Tensor labels = without_class_axis(y_true, y_pred);
  Tensor one_hot = Tensor::zeros(y_pred.shape(), DType::float64);
  if (labels.shape() != y_pred.shape().slice(0, y_pred.rank() - 1)) {
    throw ValueError(
        fmt::format("`y_true` must hold one class number for each row of `y_pred`. Received: "
                    "y_true.shape={}, y_pred.shape={}",
                    y_true.shape().str(), y_pred.shape().str()));
  }
  const std::int64_t classes = y_pred.shape().back();
  for (std::int64_t i = 0; i < labels.num_elements(); ++i) {
    const double label = std::trunc(labels.at(i));
    if (label >= 0.0 && label < static_cast<double>(classes)) {
      one_hot.mutable_data<double>()[i * classes + static_cast<std::int64_t>(label)] = 1.0;
    }
  }
  const Tensor p = sum_of_last(ops::multiply(y_pred, one_hot.astype(y_pred.dtype())));
  return ops::multiply(one_minus(ops::power(p, q)), 1.0 / q);
}

Tensor dice(const Tensor& y_true, const Tensor& y_pred, const std::optional<IntTuple>& axis) {
  const Compared c = to_compare(y_true, y_pred);
  const ops::Axes axes = axes_of(axis);
  const Tensor sizes = ops::add(ops::add(ops::sum(c.y_true, axes), ops::sum(c.y_pred, axes)), epsilon());
  return one_minus(ops::divide(ops::multiply(sum_of_products(c.y_true, c.y_pred, axes), 2.0), sizes));
}

Tensor tversky(const Tensor& y_true, const Tensor& y_pred, double alpha, double beta,
               const std::optional<IntTuple>& axis) {
  const Compared c = to_compare(y_true, y_pred);
  const ops::Axes axes = axes_of(axis);
  const Tensor both = sum_of_products(c.y_true, c.y_pred, axes);
  const Tensor missed = ops::multiply(sum_of_products(c.y_true, one_minus(c.y_pred), axes), alpha);
  const Tensor wrong = ops::multiply(sum_of_products(one_minus(c.y_true), c.y_pred, axes), beta);
  return one_minus(ops::divide(both, ops::add(ops::add(ops::add(both, missed), wrong), epsilon())));
}

LossValues circle(const Tensor& y_true, const Tensor& y_pred, bool remove_diagonal, double gamma,
                  double margin) {
  if (y_pred.rank() != 2 || y_true.num_elements() != y_pred.shape()[0]) {
    throw ValueError(
        fmt::format("Circle loss takes embeddings (samples, size) and a label for each. Received: "
                    "y_true.shape={}, y_pred.shape={}",
                    y_true.shape().str(), y_pred.shape().str()));
  }
  const Tensor distance = at_least(one_minus(ops::matmul(y_pred, ops::transpose(y_pred, {1, 0}))), 0.0);
  const Tensor positive = same_label(y_true, remove_diagonal, true);
  const Tensor negative = same_label(y_true, remove_diagonal, false);
  const Tensor near = at_least(ops::add(distance, margin), 0.0);
  const Tensor far = at_least(ops::add(ops::negative(distance), 1.0 + margin), 0.0);
  const Tensor pull = ops::multiply(ops::multiply(near, ops::add(distance, -margin)), gamma);
  const Tensor push =
      ops::multiply(ops::multiply(far, ops::add(ops::negative(distance), 1.0 - margin)), gamma);
  const Tensor values =
      ops::softplus(ops::add(masked_logsumexp(pull, positive), masked_logsumexp(push, negative)));
  return {values, ops::greater(values, 0.0)};
}

}  // namespace sepal::losses
