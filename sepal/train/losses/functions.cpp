#include "sepal/train/losses/functions.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sepal/base/keras_config.h"
#include "sepal/ops/activations.h"
#include "sepal/ops/array.h"
#include "sepal/ops/crossentropy.h"
#include "sepal/ops/elementwise.h"
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
  if (label_smoothing != 0.0) {
    c.y_true = ops::add(ops::multiply(c.y_true, 1.0 - label_smoothing), 0.5 * label_smoothing);
  }
  return ops::mean(ops::binary_crossentropy(c.y_true, c.y_pred, from_logits), Axis{axis});
}

Tensor categorical_crossentropy(const Tensor& y_true, const Tensor& y_pred, bool from_logits,
                                double label_smoothing, std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  Tensor target = with_axis_last(c.y_true, axis);
  if (label_smoothing != 0.0) {
    const auto classes = static_cast<double>(target.shape().back());
    target = ops::add(ops::multiply(target, 1.0 - label_smoothing), label_smoothing / classes);
  }
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

}  // namespace sepal::losses
