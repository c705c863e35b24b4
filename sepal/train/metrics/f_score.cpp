#include "sepal/train/metrics/f_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/base/error.h"
#include "sepal/train/losses/loss_values.h"

namespace sepal::metrics {
namespace {

struct ClassCounts {
  double true_positives = 0.0;
  double false_positives = 0.0;
  double false_negatives = 0.0;
  double size = 0.0;

  void operator+=(const ClassCounts& other) {
    true_positives += other.true_positives;
    false_positives += other.false_positives;
    false_negatives += other.false_negatives;
    size += other.size;
  }
};

double score_of(const ClassCounts& c, double beta) {
  const double precision = c.true_positives / (c.true_positives + c.false_positives + epsilon());
  const double recall = c.true_positives / (c.true_positives + c.false_negatives + epsilon());
  return (1.0 + beta * beta) * precision * recall / (beta * beta * precision + recall + epsilon());
}

// Smaller predictions are never the largest of a row: a row of zeros has none.
constexpr float kLeastLargest = 1e-9F;

template <class Options>
class FScoreMetric final : public TypedMetric<Options> {
 public:
  explicit FScoreMetric(const Options& options) : TypedMetric<Options>(options) {
    const TextOrNone& average = options.average;
    const std::optional<double>& threshold = options.threshold;
    if (average && *average != "micro" && *average != "macro" && *average != "weighted") {
      throw ValueError(
          fmt::format("Invalid `average` argument value. Expected one of: (None, 'micro', 'macro', "
                      "'weighted'). Received: average={}",
                      *average));
    }
    if (!(options.beta > 0.0)) {
      throw ValueError(
          fmt::format("Invalid `beta` argument value. It should be > 0. Received: beta={}", options.beta));
    }
    if (threshold && !(*threshold > 0.0 && *threshold <= 1.0)) {
      throw ValueError(
          fmt::format("Invalid `threshold` argument value. It should verify 0 < threshold <= 1. "
                      "Received: threshold={}",
                      *threshold));
    }
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor&) override {
    if (y_true.rank() != 2 || y_pred.shape() != y_true.shape()) {
      throw ValueError(
          fmt::format("{} expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                      "y_pred.shape={} and y_true.shape={}.",
                      Options::kName, y_pred.shape().str(), y_true.shape().str()));
    }
    const std::int64_t classes = y_pred.shape()[1];
    counts_.resize(static_cast<std::size_t>(classes));
    const Tensor targets = y_true.astype(DType::float64);
    const Tensor predictions = y_pred.astype(DType::float32);
    const Tensor weights = sample_weight.defined() ? sample_weight.astype(DType::float64) : Tensor();
    if (weights.defined() && weights.num_elements() != y_pred.shape()[0]) {
      throw ValueError(
          fmt::format("`sample_weight` must have one weight for each row of `y_pred`. Received: shape={}",
                      weights.shape().str()));
    }
    for (std::int64_t row = 0; row < y_pred.shape()[0]; ++row) {
      add_row(targets.data<double>() + row * classes, predictions.data<float>() + row * classes,
              weights.defined() ? weights.data<double>()[row] : 1.0);
    }
  }

  std::vector<double> results() const override {
    const TextOrNone& average = this->options().average;
    const double beta = this->options().beta;
    ClassCounts all;
    std::vector<double> scores;
    for (const ClassCounts& c : counts_) {
      all += c;
      scores.push_back(score_of(c, beta));
    }
    if (!average && !scores.empty()) return scores;
    if (average == "micro" || scores.empty()) return {score_of(all, beta)};
    double mean = 0.0;
    for (std::size_t i = 0; i < scores.size(); ++i) {
      mean += scores[i] * (average == "macro" ? 1.0 / static_cast<double>(scores.size())
                                              : counts_[i].size / (all.size + epsilon()));
    }
    return {mean};
  }

  void reset_state() override { std::fill(counts_.begin(), counts_.end(), ClassCounts()); }

 private:
  void add_row(const double* target, const float* prediction, double weight) {
    const std::size_t classes = counts_.size();
    const std::optional<double>& threshold = this->options().threshold;
    const float largest = classes == 0 ? 0.0F : *std::max_element(prediction, prediction + classes);
    for (std::size_t c = 0; c < classes; ++c) {
      const bool chosen = threshold ? prediction[c] > static_cast<float>(*threshold)
                                    : prediction[c] >= largest && std::abs(prediction[c]) > kLeastLargest;
      const double p = chosen ? 1.0 : 0.0;
      counts_[c].true_positives += weight * p * target[c];
      counts_[c].false_positives += weight * p * (1.0 - target[c]);
      counts_[c].false_negatives += weight * (1.0 - p) * target[c];
      counts_[c].size += weight * target[c];
    }
  }

  std::vector<ClassCounts> counts_;
};

}  // namespace

FBetaScore::FBetaScore(FBetaScoreOptions options)
    : Metric(std::make_shared<FScoreMetric<FBetaScoreOptions>>(options)) {}
F1Score::F1Score(F1ScoreOptions options) : Metric(std::make_shared<FScoreMetric<F1ScoreOptions>>(options)) {}

}  // namespace sepal::metrics
