// Monitor: which log a callback watches and what counts as better (Keras: MonitorCallback).
#pragma once

#include <optional>
#include <string>

#include "sepal/train/callbacks/logs.h"
#include "sepal/train/callbacks/training_host.h"

namespace sepal::callbacks {

/// "accuracy,loss", for messages.
std::string names_of(const Logs& logs);

class Monitor {
 public:
  /// mode "min", "max" or "auto" (anything else means "auto"). A change of min_delta or less is no
  /// improvement.
  Monitor(std::string callback, std::string name, std::string mode, double min_delta = 0.0);

  const std::string& name() const { return name_; }

  /// The watched value; without one, says on stderr what there is instead.
  const double* value(const Logs& logs) const;

  /// Whether `value` is better than `reference`; anything is better than none. The mode "auto" asks `host`,
  /// then looks for a metric of that name, at the first call.
  /// @throws ValueError if "auto" cannot tell whether larger is better.
  bool is_improvement(double value, const std::optional<double>& reference, const TrainingHost& host);

 private:
  std::string callback_;
  std::string name_;
  std::string mode_;
  double min_delta_;
  std::optional<Direction> direction_;
};

}  // namespace sepal::callbacks
