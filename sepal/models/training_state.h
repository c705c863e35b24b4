// What `compile` leaves in a model: optimizer, losses, metrics, and the running values of what is reported.
#pragma once

#include <string>
#include <vector>

#include "sepal/models/training.h"
#include "sepal/train/metrics/metric.h"

namespace sepal {

class TrainingState {
 public:
  explicit TrainingState(CompileOptions options);

  const CompileOptions& options() const { return options_; }
  /// That of the options, or one around it.
  const Optimizer& optimizer() const { return optimizer_; }
  void set_optimizer(Optimizer optimizer) { optimizer_ = std::move(optimizer); }

  /// What the optimizer changes: the weights of `model` that were trainable when it was compiled, or, where
  /// weights came into being later, when they did. What `trainable` becomes afterwards does not count until
  /// the next `compile` (Keras 1.4 to 3); a line on stderr says so once.
  const std::vector<Variable>& learning(const ModelBase& model);

  /// The sum to be made small: weighted losses of the outputs and `extra` (regularizers and such). Counts it
  /// into the running means.
  /// @throws ValueError if targets are missing or do not go with the outputs, or there is nothing to
  /// minimize.
  Tensor total_loss(const Dataset& batch, const Tensors& outputs, const Tensors& extra,
                    const std::vector<std::string>& output_names);

  void update_metrics(const Dataset& batch, const Tensors& outputs,
                      const std::vector<std::string>& output_names);

  void reset();
  /// By name in alphabetical order, as Keras reports them.
  Logs logs() const;

  /// Of the metric that is reported under this name, if it is known.
  std::optional<Direction> metric_direction(const std::string& name) const;

 private:
  // The mean of a loss over samples.
  struct RunningMean {
    double sum = 0.0;
    double count = 0.0;
    void add(double value, double weight) {
      sum += value * weight;
      count += weight;
    }
    double value() const { return count > 0.0 ? sum / count : 0.0; }
  };
  struct OutputMetrics {
    std::string prefix;
    std::vector<Metric> plain;
    std::vector<Metric> weighted;
  };

  struct NamedMetric {
    std::string name;
    Metric metric;
  };

  /// Under the names by which they are reported: numbers tell metrics of one name apart.
  std::vector<NamedMetric> named_metrics() const;
  void match_losses(const std::vector<std::string>& output_names);
  void match_metrics(const Dataset& batch, const std::vector<std::string>& output_names);

  CompileOptions options_;
  Optimizer optimizer_;
  std::vector<Variable> learning_;
  std::size_t weights_then_ = 0;  // of the model when `learning_` was chosen
  bool warned_ = false;
  bool losses_matched_ = false;
  bool metrics_matched_ = false;
  std::vector<std::string> output_names_;
  std::vector<Loss> losses_;          // for each output
  std::vector<double> loss_weights_;  // for each output
  RunningMean total_;
  std::vector<RunningMean> per_output_;
  std::vector<OutputMetrics> metrics_;
};

}  // namespace sepal
