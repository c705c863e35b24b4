#include "sepal/train/metrics/confusion_counts.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/base/keras_config.h"
#include "sepal/ops/array.h"
#include "sepal/train/losses/loss_values.h"

namespace sepal::metrics {
namespace {

// Keras's mark of a prediction that is not among the k largest.
constexpr float kNotChosen = -1e10F;

// numpy.allclose(thresholds, arange(n) / (n - 1), atol=epsilon).
bool is_even(const std::vector<double>& thresholds) {
  const std::size_t count = thresholds.size();
  if (count < 3) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const auto even = static_cast<double>(static_cast<float>(i) / static_cast<float>(count - 1));
    if (!(std::abs(thresholds[i] - even) <= epsilon() + 1e-5 * even)) return false;
  }
  return true;
}

void keep_largest(Tensor& predictions, std::int64_t k) {
  const std::int64_t classes = predictions.rank() > 0 ? predictions.shape().back() : 0;
  if (k < 1 || k > classes) {
    throw ValueError(
        fmt::format("`top_k` must be from 1 to the number of classes. Received: top_k={} for "
                    "y_pred.shape={}",
                    k, predictions.shape().str()));
  }
  float* data = predictions.mutable_data<float>();
  std::vector<std::int64_t> order(static_cast<std::size_t>(classes));
  for (float* row = data; row != data + predictions.num_elements(); row += classes) {
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [row](auto a, auto b) { return row[a] > row[b]; });
    for (std::size_t i = static_cast<std::size_t>(k); i < order.size(); ++i) row[order[i]] = kNotChosen;
  }
}

// x[..., index] with an axis of length 1 for it.
Tensor entry_of_last_axis(const Tensor& x, std::int64_t index) {
  const std::int64_t entries = x.shape().back();
  if (index < 0 || index >= entries) {
    throw ValueError(
        fmt::format("`class_id` must be in the range [0, {}). Received: class_id={}", entries, index));
  }
  return ops::slice(x, -1, index, index + 1);
}

}  // namespace

struct ConfusionCounts::Examples {
  Tensor is_true;      // float32
  Tensor predictions;  // float32
  Tensor weights;      // float64, or not defined
};

ConfusionCounts::ConfusionCounts(ConfusionRule rule)
    : rule_(std::move(rule)), is_even_(is_even(rule_.thresholds)), labels_(0) {
  if (!rule_.multi_label) set_labels(1);
}

void ConfusionCounts::set_labels(std::int64_t labels) {
  labels_ = labels;
  cells_.assign(static_cast<std::size_t>(thresholds() * labels), {});
}

void ConfusionCounts::reset() { std::fill(cells_.begin(), cells_.end(), Cell()); }

const ConfusionCounts::Cell& ConfusionCounts::at(std::int64_t threshold, std::int64_t label) const {
  return cells_[static_cast<std::size_t>(threshold * labels_ + label)];
}

ConfusionCounts::Examples ConfusionCounts::examples_of(const Tensor& y_true, const Tensor& y_pred,
                                                       const Tensor& sample_weight) const {
  SameRank y = squeeze_or_expand_to_same_rank(y_pred.astype(DType::float32), y_true.astype(DType::float32));
  Tensor weights;
  if (sample_weight.defined()) {
    Shape shape = sample_weight.shape();
    shape.push_back(1);
    const Tensor column = ops::reshape(sample_weight.astype(DType::float64), shape);
    weights = squeeze_or_expand_to_same_rank(y.b, column, false).b;
  }
  if (rule_.top_k) keep_largest(y.a, *rule_.top_k);
  if (rule_.class_id) {
    if (y.a.rank() < 2 || y.b.rank() < 2) {
      throw ValueError(fmt::format(
          "When `class_id` is provided, `y_pred` must have shape (samples, classes). Received: shape={}",
          y.a.shape().str()));
    }
    y = {entry_of_last_axis(y.a, *rule_.class_id), entry_of_last_axis(y.b, *rule_.class_id)};
  }
  if (y.a.shape() != y.b.shape()) {
    throw ValueError(
        fmt::format("`y_true` and `y_pred` must have one shape. Received: y_true.shape={}, y_pred.shape={}",
                    y_true.shape().str(), y_pred.shape().str()));
  }
  if (weights.defined()) weights = ops::broadcast_to(weights, y.a.shape());
  return {y.b, y.a, weights};
}

void ConfusionCounts::update(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) {
  const GradientTape::Pause pause;
  const Examples examples = examples_of(y_true, y_pred, sample_weight);
  const std::int64_t columns = examples.predictions.rank() > 1 ? examples.predictions.shape().back() : 1;
  if (rule_.multi_label) {
    if (examples.predictions.rank() != 2) {
      throw ValueError(fmt::format("`y_pred` must have rank 2 when `multi_label=True`. Received: shape={}",
                                   examples.predictions.shape().str()));
    }
    if (labels_ == 0) set_labels(columns);
    if (labels_ != columns) {
      throw ValueError(fmt::format("`y_pred` must have {} labels. Received: shape={}", labels_,
                                   examples.predictions.shape().str()));
    }
  }
  if (!rule_.label_weights.empty() && static_cast<std::int64_t>(rule_.label_weights.size()) != columns) {
    throw ValueError(
        fmt::format("`label_weights` must have one entry for each label. Received: {} for y_pred.shape={}",
                    rule_.label_weights.size(), examples.predictions.shape().str()));
  }

  // A cell holds what lies between its threshold and the next one, until the sums below.
  std::vector<Cell> between(cells_.size());
  std::vector<Cell> totals(static_cast<std::size_t>(labels_));
  std::vector<float> limits(rule_.thresholds.begin(), rule_.thresholds.end());
  // Thresholds of the user's may have any order.
  std::vector<std::size_t> order(limits.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&](auto a, auto b) { return limits[a] < limits[b]; });
  std::sort(limits.begin(), limits.end());
  const bool has_margin = rule_.thresholds.front() < 0.0 || rule_.thresholds.back() > 1.0;
  const auto last_below = [&](float p) -> std::int64_t {
    if (std::isnan(p)) return -1;
    if (!is_even_) return std::lower_bound(limits.begin(), limits.end(), p) - limits.begin() - 1;
    const float place = std::ceil(std::clamp(p, 0.0F, 1.0F) * static_cast<float>(thresholds() - 1)) - 1.0F;
    return static_cast<std::int64_t>(has_margin ? std::max(place, 0.0F) : place);
  };
  const float* is_true = examples.is_true.data<float>();
  const float* predictions = examples.predictions.data<float>();
  const double* weights = examples.weights.defined() ? examples.weights.data<double>() : nullptr;
  for (std::int64_t i = 0; i < examples.predictions.num_elements(); ++i) {
    double weight = weights != nullptr ? weights[i] : 1.0;
    if (!rule_.label_weights.empty()) weight *= rule_.label_weights[static_cast<std::size_t>(i % columns)];
    const std::int64_t label = rule_.multi_label ? i % columns : 0;
    const std::int64_t place = last_below(predictions[i]);
    Cell& total = totals[static_cast<std::size_t>(label)];
    (is_true[i] != 0.0F ? total.true_positives : total.false_positives) += weight;
    if (place < 0) continue;
    Cell& cell = between[static_cast<std::size_t>(place * labels_ + label)];
    (is_true[i] != 0.0F ? cell.true_positives : cell.false_positives) += weight;
  }
  for (std::int64_t label = 0; label < labels_; ++label) {
    const Cell& total = totals[static_cast<std::size_t>(label)];
    Cell above;
    for (std::int64_t t = thresholds() - 1; t >= 0; --t) {
      const Cell& own = between[static_cast<std::size_t>(t * labels_ + label)];
      above.true_positives += own.true_positives;
      above.false_positives += own.false_positives;
      const auto where = static_cast<std::int64_t>(order[static_cast<std::size_t>(t)]);
      Cell& cell = cells_[static_cast<std::size_t>(where * labels_ + label)];
      cell.true_positives += above.true_positives;
      cell.false_positives += above.false_positives;
      cell.true_negatives += total.false_positives - above.false_positives;
      cell.false_negatives += total.true_positives - above.true_positives;
    }
  }
}

double share_of(double a, double b) { return a + b == 0.0 ? 0.0 : a / (a + b); }

}  // namespace sepal::metrics
