// ConfusionCounts: how often predictions above a threshold were right and wrong, for many thresholds at once.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "sepal/base/tensor.h"

namespace sepal::metrics {

/// What counts as a prediction, and for what.
struct ConfusionRule {
  /// A prediction is positive where it is larger.
  std::vector<double> thresholds;
  /// Predictions beyond the k largest of the last axis are negative; of equal ones the first count.
  std::optional<std::int64_t> top_k = {};
  /// Only this entry of the last axis counts.
  std::optional<std::int64_t> class_id = {};
  /// Count for each entry of the last axis (rank 2) by itself.
  bool multi_label = false;
  /// One for each entry of the last axis, or none.
  std::vector<double> label_weights = {};
};

/// Sums of weights, in double. Predictions are compared in float32, as Keras does.
/// Source: keras/src/metrics/metrics_utils.py, update_confusion_matrix_variables.
class ConfusionCounts {
 public:
  /// The sums at one threshold for one label.
  struct Cell {
    double true_positives = 0.0;
    double false_positives = 0.0;
    double true_negatives = 0.0;
    double false_negatives = 0.0;
  };

  explicit ConfusionCounts(ConfusionRule rule);

  /// y_true (0: negative, else positive) and y_pred of one shape, up to a last axis of length 1;
  /// sample_weight (n,), of that shape, or not defined.
  /// @throws ValueError if shapes do not fit, or the class or the k do not exist.
  void update(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight);
  void reset();

  std::int64_t thresholds() const { return static_cast<std::int64_t>(rule_.thresholds.size()); }
  /// 1 unless labels count by themselves; then 0 before the first update.
  std::int64_t labels() const { return labels_; }
  const Cell& at(std::int64_t threshold, std::int64_t label = 0) const;

 private:
  struct Examples;
  Examples examples_of(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight) const;
  void set_labels(std::int64_t labels);

  ConfusionRule rule_;
  bool is_even_;  // thresholds 0, 1/n … 1: Keras finds a prediction's place among them by a product
  std::int64_t labels_;
  std::vector<Cell> cells_;  // labels of the first threshold, then of the second
};

/// a / (a + b); 0 if there is neither.
double share_of(double a, double b);

}  // namespace sepal::metrics
