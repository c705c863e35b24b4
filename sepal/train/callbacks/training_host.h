// TrainingHost: what a callback may see and do of the model that is being trained.
#pragma once

#include <optional>
#include <string>

#include "sepal/base/tensor.h"
#include "sepal/train/metrics/metric.h"
#include "sepal/train/optimizers/optimizer.h"

namespace sepal {

struct TrainingParameters {
  std::int64_t epochs = 1;
  /// Batches of an epoch (or of the evaluation).
  std::int64_t steps = 0;
  /// 0 silent, 1 progress bar, 2 one line for each epoch.
  int verbose = 1;
};

class TrainingHost {
 public:
  virtual ~TrainingHost() = default;

  virtual const Optimizer& optimizer() const = 0;
  virtual Tensors current_weights() const = 0;
  virtual void restore_weights(const Tensors& weights) = 0;
  virtual void save_to(const std::string& path) const = 0;
  virtual void save_weights_to(const std::string& path) const = 0;
  /// Training ends after this batch or epoch.
  virtual void stop_training() = 0;
  /// Whether the metric reported under this name (without "val_") is better when larger; nullopt if the host
  /// does not know.
  virtual std::optional<Direction> metric_direction(const std::string& /*name*/) const {
    return std::nullopt;
  }
};

}  // namespace sepal
