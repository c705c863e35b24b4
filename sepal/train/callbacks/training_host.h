// What a callback may ask of the model that is being trained, evaluated or run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "sepal/base/tensor.h"
#include "sepal/train/metrics/metric.h"
#include "sepal/train/optimizers/optimizer.h"

namespace sepal {

class TrainingHost {
 public:
  virtual ~TrainingHost() = default;

  /// Ends the training after the current epoch (batch).
  virtual void set_stop_training(bool stop) = 0;
  virtual bool stop_training() const = 0;
  /// Empty if the model was not compiled.
  virtual Optimizer optimizer() const = 0;
  virtual Tensors get_weights() const = 0;
  virtual void set_weights(const Tensors& weights) = 0;
  /// A whole model, ".keras" or ".h5", over what is there.
  virtual void save(const std::string& path) = 0;
  /// ".weights.h5".
  virtual void save_weights(const std::string& path) = 0;
  /// Whether the metric of this name (without "val_") is better when larger; not known for "loss" and for
  /// what is no metric.
  virtual std::optional<Direction> metric_direction(const std::string& name) const = 0;
};

/// The run that a callback is part of.
struct TrainingParams {
  std::int64_t epochs = 1;
  std::int64_t steps = -1;  // batches of an epoch; -1: not known
  int verbose = 1;          // 0 nothing, 1 a bar, 2 a line per epoch
};

}  // namespace sepal
