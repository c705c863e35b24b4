#include "sepal/train/metrics/functions.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/ops/elementwise.h"
#include "sepal/ops/reduce.h"
#include "sepal/train/losses/loss_values.h"

namespace sepal::metrics {
namespace {

// matches(i) for each index, as 0 or 1.
template <class Matches>
Tensor matches_of(const Shape& shape, const Matches& matches) {
  Tensor result(shape, DType::float32);
  float* out = result.mutable_data<float>();
  for (std::int64_t i = 0; i < result.num_elements(); ++i) out[i] = matches(i) ? 1.0F : 0.0F;
  return result;
}

void expect_one_shape(const Tensor& y_true, const Tensor& y_pred) {
  if (y_true.shape() == y_pred.shape()) return;
  throw ValueError(
      fmt::format("`y_true` and `y_pred` must have one shape. Received: y_true.shape={}, y_pred.shape={}",
                  y_true.shape().str(), y_pred.shape().str()));
}

SameRank same_shape(const Tensor& y_true, const Tensor& y_pred) {
  SameRank same =
      squeeze_or_expand_to_same_rank(y_true.astype(DType::float64), y_pred.astype(DType::float64));
  expect_one_shape(same.a, same.b);
  return same;
}

// Class numbers (...) for predictions (..., classes), in float64.
Tensor labels_for(const Tensor& y_true, const Tensor& y_pred) {
  const Shape shape = y_pred.shape().slice(0, std::max(y_pred.rank() - 1, 0));
  const bool has_class_axis =
      y_true.rank() == y_pred.rank() && y_true.rank() > 0 && y_true.shape().back() == 1;
  const Shape own = has_class_axis ? y_true.shape().slice(0, y_true.rank() - 1) : y_true.shape();
  if (y_pred.rank() == 0 || own != shape) {
    throw ValueError(
        fmt::format("`y_true` must hold one class number for each row of `y_pred`. Received: "
                    "y_true.shape={}, y_pred.shape={}",
                    y_true.shape().str(), y_pred.shape().str()));
  }
  return y_true.astype(DType::float64).reshaped(shape);
}

Tensor label_of_one_hot(const Tensor& y_true, const Tensor& y_pred) {
  expect_one_shape(y_true, y_pred);
  return ops::argmax(y_true, -1);
}

// A tensor as it is spread around its mean along an axis.
struct Spread {
  Tensor mean;
  Tensor deviation;
  Tensor variance;
};

Spread spread_of(const Tensor& x, std::int64_t axis) {
  const std::vector<std::int64_t> axes{axis};
  const Tensor mean = ops::mean(x, axes, true);
  const Tensor deviation = ops::subtract(x, mean);
  return {mean, deviation, ops::mean(ops::square(deviation), axes, true)};
}

// TensorFlow's in_top_k: ties with the true class do not push it out; no label outside of the classes and no
// prediction that is not finite is ever right.
bool in_top_k(double label, const double* row, std::int64_t classes, std::int64_t k) {
  if (!(label >= 0.0 && label < static_cast<double>(classes))) return false;
  const double own = row[static_cast<std::int64_t>(label)];
  if (!std::isfinite(own)) return false;
  std::int64_t larger = 0;
  for (std::int64_t c = 0; c < classes; ++c) {
    if (!std::isfinite(row[c])) return false;
    larger += row[c] > own;
  }
  return larger < k;
}

}  // namespace

Tensor accuracy(const Tensor& y_true, const Tensor& y_pred) {
  const SameRank y = same_shape(y_true, y_pred);
  const double* a = y.a.data<double>();
  const double* b = y.b.data<double>();
  return matches_of(y.a.shape(), [=](std::int64_t i) { return a[i] == b[i]; });
}

Tensor binary_accuracy(const Tensor& y_true, const Tensor& y_pred, double threshold) {
  const SameRank y = same_shape(y_true, y_pred);
  const double* a = y.a.data<double>();
  const double* b = y.b.data<double>();
  // A float32 prediction is compared with a float32 threshold.
  const double limit =
      y_pred.dtype() == DType::float32 ? static_cast<double>(static_cast<float>(threshold)) : threshold;
  return matches_of(y.a.shape(), [=](std::int64_t i) { return a[i] == (b[i] > limit ? 1.0 : 0.0); });
}

Tensor categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  return sparse_categorical_accuracy(label_of_one_hot(y_true, y_pred), y_pred);
}

Tensor sparse_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred) {
  const Tensor labels = labels_for(y_true, y_pred);
  const Tensor best = ops::argmax(y_pred, -1);
  const double* label = labels.data<double>();
  const std::int64_t* chosen = best.data<std::int64_t>();
  return matches_of(labels.shape(),
                    [=](std::int64_t i) { return label[i] == static_cast<double>(chosen[i]); });
}

Tensor top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, std::int64_t k) {
  return sparse_top_k_categorical_accuracy(label_of_one_hot(y_true, y_pred), y_pred, k);
}

Tensor sparse_top_k_categorical_accuracy(const Tensor& y_true, const Tensor& y_pred, std::int64_t k,
                                         bool from_sorted_ids) {
  const Tensor labels = labels_for(y_true, y_pred);
  const Tensor predictions = y_pred.astype(DType::float64);
  const std::int64_t classes = y_pred.shape().back();
  const double* label = labels.data<double>();
  const double* rows = predictions.data<double>();
  return matches_of(labels.shape(), [=](std::int64_t i) {
    const double* row = rows + i * classes;
    if (!from_sorted_ids) return in_top_k(label[i], row, classes, k);
    const double* end = row + std::min(k, classes);
    return std::find(row, end, label[i]) != end;
  });
}

Tensor pearson_correlation(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  const Spread t = spread_of(c.y_true, axis);
  const Spread p = spread_of(c.y_pred, axis);
  const Tensor product = ops::multiply(ops::divide(t.deviation, ops::sqrt(t.variance)),
                                       ops::divide(p.deviation, ops::sqrt(p.variance)));
  return ops::mean(product, std::vector<std::int64_t>{axis});
}

Tensor concordance_correlation(const Tensor& y_true, const Tensor& y_pred, std::int64_t axis) {
  const Compared c = to_compare(y_true, y_pred);
  const Spread t = spread_of(c.y_true, axis);
  const Spread p = spread_of(c.y_pred, axis);
  const Tensor product = ops::multiply(ops::subtract(c.y_true, p.mean), p.deviation);
  const Tensor distance = ops::square(ops::subtract(t.mean, p.mean));
  const Tensor norm = ops::add(ops::add(t.variance, p.variance), distance);
  return ops::mean(ops::divide(ops::multiply(product, 2.0), ops::add(norm, epsilon())),
                   std::vector<std::int64_t>{axis});
}

}  // namespace sepal::metrics
