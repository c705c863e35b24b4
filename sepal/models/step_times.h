// How long the steps of a frozen plan take (SEPAL_TRACE=times). Not a public header.
#pragma once

#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

namespace sepal::frozen {

/// Several threads may run the plan at once.
class StepTimes {
 public:
  struct Row {
    std::string label;
    std::int64_t multiply_adds = 0;
  };

  explicit StepTimes(std::vector<Row> rows) : rows_(std::move(rows)), least_(rows_.size(), 0.0) {}

  /// Seconds of each step of one run.
  void add(const std::vector<double>& run);

  /// One line for each step: its least time of all runs, the share of their sum, and, where it multiplies,
  /// how fast.
  std::string str() const;

 private:
  std::vector<Row> rows_;
  mutable std::mutex mutex_;
  std::int64_t runs_ = 0;
  std::vector<double> least_;
};

}  // namespace sepal::frozen
