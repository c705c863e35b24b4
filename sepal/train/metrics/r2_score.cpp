#include "sepal/train/metrics/r2_score.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "sepal/autodiff/gradient_tape.h"
#include "sepal/base/error.h"
#include "sepal/ops/array.h"
#include "sepal/train/losses/loss_values.h"

namespace sepal::metrics {
namespace {

struct OutputSums {
  double targets = 0.0;
  double squares = 0.0;
  double errors = 0.0;
  double weights = 0.0;
};

class R2ScoreMetric final : public TypedMetric<R2ScoreOptions> {
 public:
  explicit R2ScoreMetric(const R2ScoreOptions& o) : TypedMetric(o) {
    if (o.class_aggregation && *o.class_aggregation != "uniform_average" &&
        *o.class_aggregation != "variance_weighted_average") {
      throw ValueError(fmt::format(
          "Invalid value for argument `class_aggregation`. Expected one of (None, 'uniform_average', "
          "'variance_weighted_average'). Received: class_aggregation={}",
          *o.class_aggregation));
    }
    if (o.num_regressors < 0) {
      throw ValueError(
          fmt::format("Invalid value for argument `num_regressors`. Expected a value >= 0. Received: "
                      "num_regressors={}",
                      o.num_regressors));
    }
  }

  void update_state(const Tensor& y_true, const Tensor& y_pred, const Tensor& sample_weight,
                    const Tensor&) override {
    const GradientTape::Pause pause;
    const SameRank y =
        squeeze_or_expand_to_same_rank(y_true.astype(DType::float64), y_pred.astype(DType::float64));
    if (y.a.rank() != 2 || y.a.shape() != y.b.shape()) {
      throw ValueError(
          fmt::format("R2Score expects 2D inputs with shape (batch_size, output_dim). Received input shapes: "
                      "y_pred.shape={} and y_true.shape={}.",
                      y_pred.shape().str(), y_true.shape().str()));
    }
    Tensor weights;
    if (sample_weight.defined()) {
      weights = sample_weight.astype(DType::float64);
      if (weights.rank() == 1) weights = ops::reshape(weights, {weights.num_elements(), 1});
      weights = ops::broadcast_to(weights, y.a.shape());
    }
    const std::int64_t outputs = y.a.shape()[1];
    sums_.resize(static_cast<std::size_t>(outputs));
    const double* target = y.a.data<double>();
    const double* prediction = y.b.data<double>();
    for (std::int64_t i = 0; i < y.a.num_elements(); ++i) {
      const double weight = weights.defined() ? weights.data<double>()[i] : 1.0;
      const double error = target[i] - prediction[i];
      OutputSums& sums = sums_[static_cast<std::size_t>(i % outputs)];
      sums.targets += weight * target[i];
      sums.squares += weight * target[i] * target[i];
      sums.errors += weight * error * error;
      sums.weights += weight;
    }
    values_ += static_cast<double>(y.a.num_elements());
  }

  std::vector<double> results() const override {
    std::vector<double> scores;
    double spread = 0.0;
    double weighted = 0.0;
    for (const OutputSums& s : sums_) {
      const double total = s.squares - s.targets * (s.targets / s.weights);
      const double score = 1.0 - s.errors / total;
      scores.push_back(std::isinf(score) ? 0.0 : score);
      spread += total;
      weighted += total * scores.back();
    }
    if (options().class_aggregation == "variance_weighted_average") {
      scores = {weighted / spread};
    } else if (options().class_aggregation == "uniform_average" || scores.empty()) {
      double sum = 0.0;
      for (const double score : scores) sum += score;
      scores = {sum / static_cast<double>(scores.size())};
    }
    const auto regressors = static_cast<double>(options().num_regressors);
    // Without enough samples the plain score stands.
    if (regressors != 0.0 && regressors < values_ - 1.0) {
      for (double& score : scores) {
        score = 1.0 - (1.0 - score) * (values_ - 1.0) / (values_ - regressors - 1.0);
      }
    }
    return scores;
  }

  void reset_state() override {
    std::fill(sums_.begin(), sums_.end(), OutputSums());
    values_ = 0.0;
  }

 private:
  std::vector<OutputSums> sums_;
  double values_ = 0.0;  // what Keras calls samples: the elements of the targets
};

}  // namespace

R2Score::R2Score(R2ScoreOptions options) : Metric(std::make_shared<R2ScoreMetric>(options)) {}

}  // namespace sepal::metrics
